import { inferenceError } from '../errors.ts';
import { type BlockType, blockTypeOf } from './blockTypes.ts';
import { Cursor, OutOfBytes } from './cursor.ts';

/** A header is some 10 MB at most, nearly all of it the tokenizer. */
export const GGUF_HEADER_BYTES_MAX = 128 << 20;
const ENTRIES_MAX = 65_536;
const TENSORS_MAX = 65_536;
const KEY_BYTES_MAX = 65_535;
const STRING_BYTES_MAX = 1 << 24;
const ARRAY_MAX = 1 << 22;
const DIMS_MAX = 4;
const ALIGNMENT_MAX = 1 << 16;
const MAGIC = 0x46554747; // 'GGUF'
const VERSIONS = [2, 3];

export type GgufScalar = number | boolean | string;
/** Numbers of 64 bits above 2^53 are the nearest one. */
export type GgufValue = GgufScalar | readonly GgufScalar[];

export interface GgufTensor {
  readonly name: string;
  readonly type: BlockType;
  /** Slowest dimension first, as Hugging Face names them: GGUF stores them the other way round. */
  readonly shape: readonly number[];
  /** Absolute in the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/**
 * Parses the header of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), little-endian, versions 2 and 3. Every count and
 * length is bounded before anything is read or allocated; arrays of arrays are refused.
 *
 * @param prefix the first bytes of the file
 * @param fileBytes of the whole file
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED; OutOfBytes when the header goes on after the prefix
 */
export function parseGgufHeader(prefix: Buffer, fileBytes: number, path: string): GgufHeader {
  const invalid = (what: string): Error => inferenceError('MODEL_INVALID', `${path}: ${what}`, { path });
  const cursor = new Cursor(prefix);
  if (cursor.u32() !== MAGIC) throw invalid('the file does not begin with GGUF');
  const version = cursor.u32();
  if (!VERSIONS.includes(version)) {
    throw inferenceError('MODEL_UNSUPPORTED', `${path}: GGUF version ${version}; ${VERSIONS.join(' and ')} are read`, { path, version });
  }
  const tensorCount = bounded(cursor.u64(), TENSORS_MAX, 'tensors', invalid);
  const entryCount = bounded(cursor.u64(), ENTRIES_MAX, 'metadata entries', invalid);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = cursor.string(KEY_BYTES_MAX, (bytes) => invalid(`a key of ${bytes} bytes`));
    if (metadata.has(key)) throw invalid(`the key ${key} comes twice`);
    metadata.set(key, readValue(cursor, cursor.u32(), key, invalid));
  }
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 1 || alignment > ALIGNMENT_MAX || (alignment & (alignment - 1)) !== 0) {
    throw invalid(`general.alignment is ${String(alignment)}; powers of two up to ${ALIGNMENT_MAX} are read`);
  }
  const infos = Array.from({ length: tensorCount }, () => readTensorInfo(cursor, path, invalid));
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  return { metadata, tensors: place(infos, dataStart, alignment, fileBytes, invalid) };
}

type Invalid = (what: string) => Error;

const SCALARS: Readonly<Record<number, { readonly bytes: number; read(cursor: Cursor, invalid: Invalid): GgufScalar }>> = {
  0: { bytes: 1, read: (cursor) => cursor.u8() },
  1: { bytes: 1, read: (cursor) => cursor.i8() },
  2: { bytes: 2, read: (cursor) => cursor.u16() },
  3: { bytes: 2, read: (cursor) => cursor.i16() },
  4: { bytes: 4, read: (cursor) => cursor.u32() },
  5: { bytes: 4, read: (cursor) => cursor.i32() },
  6: { bytes: 4, read: (cursor) => cursor.f32() },
  7: { bytes: 1, read: (cursor) => cursor.u8() !== 0 },
  8: { bytes: 8, read: (cursor, invalid) => cursor.string(STRING_BYTES_MAX, (bytes) => invalid(`a string of ${bytes} bytes`)) },
  10: { bytes: 8, read: (cursor) => cursor.u64() },
  11: { bytes: 8, read: (cursor) => cursor.i64() },
  12: { bytes: 8, read: (cursor) => cursor.f64() },
};
const ARRAY = 9;

function readValue(cursor: Cursor, type: number, key: string, invalid: Invalid): GgufValue {
  const isArray = type === ARRAY;
  const itemType = isArray ? cursor.u32() : type;
  const scalar = SCALARS[itemType];
  if (scalar === undefined) throw invalid(`${key} has type ${type}${isArray ? ` of ${itemType}` : ''}`);
  if (!isArray) return scalar.read(cursor, invalid);
  const length = bounded(cursor.u64(), ARRAY_MAX, `entries of ${key}`, invalid);
  // Before anything is kept: an array cannot be longer than the bytes that are there.
  if (length * scalar.bytes > cursor.left) throw new OutOfBytes();
  const values: GgufScalar[] = [];
  for (let i = 0; i < length; i++) values.push(scalar.read(cursor, invalid));
  return values;
}

interface TensorInfo {
  readonly name: string;
  readonly type: BlockType;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
}

function readTensorInfo(cursor: Cursor, path: string, invalid: Invalid): TensorInfo {
  const name = cursor.string(KEY_BYTES_MAX, (bytes) => invalid(`a tensor name of ${bytes} bytes`));
  const dims = cursor.u32();
  if (dims < 1 || dims > DIMS_MAX) throw invalid(`tensor ${name} has ${dims} dimensions`);
  const sizes = Array.from({ length: dims }, () => cursor.u64());
  const typeId = cursor.u32();
  const type = blockTypeOf(typeId);
  if (type === undefined)
    throw inferenceError('MODEL_UNSUPPORTED', `${path}: tensor ${name} has type ${typeId}`, { path, name, type: typeId });
  const numbers = sizes.reduce((product, size) => product * size, 1);
  const row = sizes[0] as number;
  if (sizes.some((size) => size < 1) || numbers > Number.MAX_SAFE_INTEGER || row % type.numbers !== 0) {
    throw invalid(`tensor ${name} of type ${type.name} has dimensions ${sizes.join(' × ')}`);
  }
  const bytes = (numbers / type.numbers) * type.bytes;
  return { name, type, shape: sizes.reverse(), offset: cursor.u64(), bytes };
}

/** Absolute offsets: aligned, inside the file, no two tensors over each other, no name twice. */
function place(
  infos: readonly TensorInfo[],
  dataStart: number,
  alignment: number,
  fileBytes: number,
  invalid: Invalid,
): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  let end = 0;
  for (const info of [...infos].sort((a, b) => a.offset - b.offset)) {
    const { name, offset, bytes } = info;
    if (offset % alignment !== 0) throw invalid(`tensor ${name} at ${offset} is not aligned to ${alignment}`);
    if (offset < end) throw invalid(`tensor ${name} at ${offset} lies over another one`);
    end = offset + bytes;
    if (dataStart + end > fileBytes) throw invalid(`tensor ${name} of ${bytes} bytes ends outside the file`);
    if (tensors.has(name)) throw invalid(`tensor ${name} comes twice`);
    tensors.set(name, { ...info, offset: dataStart + offset });
  }
  return tensors;
}

function bounded(count: number, max: number, what: string, invalid: Invalid): number {
  if (count <= max) return count;
  throw invalid(`${count} ${what}; the limit is ${max}`);
}
