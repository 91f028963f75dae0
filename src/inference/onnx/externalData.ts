import { inferenceError } from '../errors.ts';
import { openRegular } from '../regularFile.ts';

const KEY = Buffer.from('location');
/** Bytes kept from one chunk to the next: an entry before and after its key. */
const OVERLAP = 512;

/**
 * Refuses an ONNX file that takes weights from a file other than `allowed`: such a file would not be covered by the model's id. TensorProto keeps
 * the name in `external_data`, field 13, as an entry with key "location"; wherever that key stands as a protobuf string, the whole entry must be the
 * allowed one, byte by byte.
 *
 * @param allowed name in the folder of the ONNX file, or undefined when all weights must be inside
 * @throws MODEL_INVALID
 */
export async function checkExternalData(file: string, allowed: string | undefined): Promise<void> {
  const [before, after] = allowed === undefined ? [] : entryAround(allowed);
  let kept = Buffer.alloc(0);
  /** Where the search goes on in `kept`. */
  let from = 0;
  const check = (bytes: Buffer, last: boolean): void => {
    for (;;) {
      const at = bytes.indexOf(KEY, from);
      // What stands at the end is looked at with the next chunk, when all of the entry is there.
      if (at === -1 || (!last && at + OVERLAP / 2 > bytes.length)) {
        from = at === -1 ? Math.max(from, bytes.length - KEY.length + 1) : at;
        return;
      }
      from = at + KEY.length;
      // The byte before is the length, 8, or the end of a longer form of it. Inside other text it is a letter.
      const length = at === 0 ? -1 : bytes[at - 1];
      if (length !== KEY.length && length !== 0) continue;
      const isAllowed =
        before !== undefined &&
        after !== undefined &&
        at >= before.length &&
        bytes.subarray(at - before.length, at).equals(before) &&
        bytes.subarray(from, from + after.length).equals(after);
      if (!isAllowed)
        throw inferenceError('MODEL_INVALID', `${file} takes weights from ${allowed ? 'another file' : 'a file'} outside`, { file });
    }
  };
  for await (const chunk of (await openRegular(file)).createReadStream({ highWaterMark: 1 << 20 })) {
    kept = Buffer.concat([kept, chunk as Buffer]);
    check(kept, false);
    const dropped = Math.max(0, Math.min(from, kept.length) - OVERLAP);
    kept = kept.subarray(dropped);
    from -= dropped;
  }
  check(kept, true);
}

/** The bytes of `external_data { key: "location" value: allowed }` before and after the key. */
function entryAround(allowed: string): [Buffer, Buffer] {
  const value = Buffer.from(allowed);
  const entryBytes = 2 + KEY.length + 2 + value.length;
  return [
    Buffer.from([(13 << 3) | 2, entryBytes, (1 << 3) | 2, KEY.length]),
    Buffer.concat([Buffer.from([(2 << 3) | 2, value.length]), value]),
  ];
}
