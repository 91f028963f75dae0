import { inferenceError } from '../errors.ts';
import { openRegular } from '../regularFile.ts';
import { FileWindow } from './fileWindow.ts';

/** Some exporters give each tensor a file of its own. */
export const EXTERNAL_FILES_MAX = 1_024;
/** Graphs in attributes of nodes of graphs …: as deep as protobuf libraries read. */
const DEPTH_MAX = 100;
const TAG_BYTES_MAX = 20;
/** `key: "location" value: name`, and others that say where in the file. */
const ENTRY_BYTES_MAX = 4_096;
/** A name in the same folder that no system reads as a path. */
const PLAIN = /^[A-Za-z0-9_][\w.-]{0,254}$/;
const ENTRY = 'StringStringEntryProto';

/** Fields of onnx.proto by number that lead to tensors, with their messages. */
const FIELDS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  ModelProto: { 7: 'GraphProto', 20: 'TrainingInfoProto', 25: 'FunctionProto' },
  GraphProto: { 1: 'NodeProto', 5: 'TensorProto', 15: 'SparseTensorProto' },
  NodeProto: { 5: 'AttributeProto' },
  AttributeProto: {
    5: 'TensorProto',
    6: 'GraphProto',
    10: 'TensorProto',
    11: 'GraphProto',
    22: 'SparseTensorProto',
    23: 'SparseTensorProto',
  },
  SparseTensorProto: { 1: 'TensorProto', 2: 'TensorProto' },
  TrainingInfoProto: { 1: 'GraphProto', 2: 'GraphProto' },
  FunctionProto: { 7: 'NodeProto', 11: 'AttributeProto' },
  TensorProto: { 13: ENTRY },
};

/**
 * Names of the files that an ONNX file takes weights from: `external_data` of every tensor in it, entries with key "location". The file is walked as
 * a protobuf library would read it; what it holds itself is skipped.
 *
 * @returns sorted, each once
 * @throws MODEL_INVALID when it is no protobuf message, a name would lead out of the file's folder, or there are too many
 */
export async function externalFiles(file: string): Promise<string[]> {
  const handle = await openRegular(file);
  try {
    const names = new Set<string>();
    const window = new FileWindow(handle, (await handle.stat()).size);
    for await (const name of locations(window, file)) {
      names.add(plain(name, file));
      if (names.size <= EXTERNAL_FILES_MAX) continue;
      const data = { file, max: EXTERNAL_FILES_MAX };
      throw inferenceError('MODEL_INVALID', `${file} takes weights from more than ${EXTERNAL_FILES_MAX} files`, data);
    }
    return [...names].sort();
  } finally {
    await handle.close();
  }
}

/**
 * Refuses an ONNX file that takes weights from a file that is not in `allowed`: the model's id would not cover it.
 *
 * @param allowed names in the folder of the ONNX file
 * @throws MODEL_INVALID
 */
export async function checkExternalData(file: string, allowed: readonly string[]): Promise<void> {
  const other = (await externalFiles(file)).find((name) => !allowed.includes(name));
  if (other !== undefined) {
    throw inferenceError('MODEL_INVALID', `${file} takes weights from ${other}, which the model's id does not cover`, {
      file,
      name: other,
    });
  }
}

function plain(name: string, file: string): string {
  if (PLAIN.test(name) && !name.endsWith('.onnx')) return name;
  const message = `${file} takes weights from ${JSON.stringify(name)}; only a plain name of a file beside it is read`;
  throw inferenceError('MODEL_INVALID', message, { file, name });
}

async function* locations(window: FileWindow, file: string): AsyncGenerator<string> {
  const damaged = (what: string): Error => inferenceError('MODEL_INVALID', `${file} is no ONNX model: ${what}`, { file });
  /** Messages that are open: what they are, and where they end. */
  const open: { readonly type: string; readonly end: number }[] = [{ type: 'ModelProto', end: window.size }];
  let at = 0;
  for (;;) {
    while (open.length > 0 && at === (open.at(-1) as { end: number }).end) open.pop();
    const message = open.at(-1);
    if (message === undefined) return;
    if (!window.holds(at, TAG_BYTES_MAX)) await window.move(at);
    const head = fieldAt(window.view(at, TAG_BYTES_MAX));
    if (head === undefined) throw damaged('a field that cannot be read');
    const body = at + head.headBytes;
    at = body + head.bodyBytes;
    if (at > message.end) throw damaged('a field ends after its message');
    const type = FIELDS[message.type]?.[head.field];
    if (type === undefined || head.wireType !== LENGTH_DELIMITED) continue;
    if (type === ENTRY) {
      if (head.bodyBytes > ENTRY_BYTES_MAX) throw damaged('an entry of external_data that is too long');
      if (!window.holds(body, head.bodyBytes)) await window.move(body);
      const values = locationsOf(window.view(body, head.bodyBytes));
      if (values === undefined) throw damaged('an entry of external_data that cannot be read');
      yield* values;
    } else {
      if (open.length > DEPTH_MAX) throw damaged('messages too deep in each other');
      open.push({ type, end: at });
      at = body;
    }
  }
}

/** All values of an entry one of whose keys is "location": a library takes the last of each. Undefined when it cannot be read. */
function locationsOf(entry: Buffer): string[] | undefined {
  const texts: Record<number, string[]> = { 1: [], 2: [] };
  for (let at = 0; at < entry.length; ) {
    const head = fieldAt(entry.subarray(at));
    if (head === undefined) return undefined;
    const body = at + head.headBytes;
    at = body + head.bodyBytes;
    if (at > entry.length) return undefined;
    if (head.wireType === LENGTH_DELIMITED) texts[head.field]?.push(entry.toString('utf8', body, at));
  }
  if (!texts[1]?.includes('location')) return [];
  return texts[2]?.length === 0 ? [''] : texts[2];
}

const LENGTH_DELIMITED = 2;
/** Libraries cut greater ones to 32 bits, and would see another field. */
const TAG_MAX = 2 ** 32 - 1;
/** Bytes of fields with a fixed length, by wire type. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

interface FieldHead {
  readonly field: number;
  readonly wireType: number;
  /** Tag, and the length where there is one. */
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** Undefined for groups, which ONNX has none of, and for what is cut or no tag. */
function fieldAt(bytes: Buffer): FieldHead | undefined {
  const tag = varintAt(bytes, 0);
  if (tag === undefined || tag.value > TAG_MAX) return undefined;
  const [field, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
  const fixed = FIXED[wireType];
  if (fixed !== undefined) return { field, wireType, headBytes: tag.end, bodyBytes: fixed };
  const next = varintAt(bytes, tag.end);
  if (next === undefined) return undefined;
  if (wireType === 0) return { field, wireType, headBytes: next.end, bodyBytes: 0 };
  if (wireType !== LENGTH_DELIMITED || !Number.isSafeInteger(next.value)) return undefined;
  return { field, wireType, headBytes: next.end, bodyBytes: next.value };
}

/** Up to ten bytes, as protobuf writes 64 bits; those above 2^53 lose digits, which no length has. */
function varintAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}
