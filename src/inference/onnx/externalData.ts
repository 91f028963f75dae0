import { inferenceError } from '../errors.ts';
import { leavesOf } from './onnxFile.ts';
import { fieldAt, LENGTH_DELIMITED } from './protobufReader.ts';

/** Some exporters give each tensor a file of its own. */
export const EXTERNAL_FILES_MAX = 1_024;
/** A name in the same folder that no system reads as a path. */
const PLAIN = /^[A-Za-z0-9_][\w.-]{0,254}$/;
/** Of TensorProto: entries of a key (1) and a value (2). */
const EXTERNAL_DATA = 13;

/**
 * Names of the files that an ONNX file takes weights from: `external_data` of every tensor in it, entries with key "location".
 *
 * @returns sorted, each once
 * @throws MODEL_INVALID when the file cannot be read, a name would lead out of its folder, or there are too many
 */
export async function externalFiles(file: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const { bytes } of leavesOf(file, 'TensorProto', [EXTERNAL_DATA])) {
    for (const name of locationsOf(bytes, file)) names.add(plain(name, file));
    if (names.size <= EXTERNAL_FILES_MAX) continue;
    const data = { file, max: EXTERNAL_FILES_MAX };
    throw inferenceError('MODEL_INVALID', `${file} takes weights from more than ${EXTERNAL_FILES_MAX} files`, data);
  }
  return [...names].sort();
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

/** All values of an entry one of whose keys is "location": a library takes the last of each. */
function locationsOf(entry: Buffer, file: string): readonly string[] {
  const [keys, values]: [string[], string[]] = [[], []];
  for (let at = 0; at < entry.length; ) {
    const head = fieldAt(entry.subarray(at));
    const body = at + (head?.headBytes ?? 0);
    at = body + (head?.bodyBytes ?? 0);
    if (head === undefined || at > entry.length) {
      throw inferenceError('MODEL_INVALID', `${file} is no ONNX model: an entry of external_data that cannot be read`, { file });
    }
    if (head.wireType !== LENGTH_DELIMITED) continue;
    if (head.field === 1) keys.push(entry.toString('utf8', body, at));
    if (head.field === 2) values.push(entry.toString('utf8', body, at));
  }
  if (!keys.includes('location')) return [];
  return values.length === 0 ? [''] : values;
}
