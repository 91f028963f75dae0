import type { FileHandle } from 'node:fs/promises';
import { inferenceError } from './errors.ts';
import { bf16ToF32, f16ToF32 } from './halfFloat.ts';
import { openRegular } from './regularFile.ts';

/** The format allows 100 MB headers; ours are some kilobytes. */
export const SAFETENSORS_HEADER_BYTES_MAX = 16 << 20;
const TENSORS_MAX = 65_536;
const ELEMENT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
type Dtype = keyof typeof ELEMENT_BYTES;

interface Entry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** A safetensors file (https://github.com/huggingface/safetensors#format): 8-byte header length, JSON header, raw little-endian tensors. */
export class SafetensorsFile {
  readonly #file: FileHandle;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #path: string;

  private constructor(path: string, file: FileHandle, entries: ReadonlyMap<string, Entry>) {
    this.#path = path;
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws MODEL_INVALID when the header is damaged or a tensor lies outside the file */
  static async open(path: string): Promise<SafetensorsFile> {
    const file = await openRegular(path);
    try {
      return new SafetensorsFile(path, file, await readHeader(path, file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * The tensor as f32, row-major; f16 and bf16 are widened.
   *
   * @throws MODEL_INVALID when it is missing or has another shape
   */
  async read(name: string, shape: readonly number[]): Promise<Float32Array> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw invalid(this.#path, `tensor ${name} is missing`);
    if (entry.shape.join() !== shape.join()) {
      throw invalid(this.#path, `tensor ${name} has shape [${entry.shape.join()}]; config.json asks for [${shape.join()}]`);
    }
    const raw = await readExactly(this.#path, this.#file, entry.offset, entry.bytes);
    if (entry.dtype === 'F32') return new Float32Array(raw.buffer, 0, entry.bytes / 4);
    const halves = new Uint16Array(raw.buffer, 0, entry.bytes / 2);
    return entry.dtype === 'F16' ? f16ToF32(halves) : bf16ToF32(halves);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function readHeader(path: string, file: FileHandle): Promise<Map<string, Entry>> {
  const { size } = await file.stat();
  if (size < 8) throw invalid(path, `the file has ${size} bytes`);
  const prefix = await readExactly(path, file, 0, 8);
  const headerBytes = prefix.readBigUInt64LE();
  if (headerBytes > BigInt(SAFETENSORS_HEADER_BYTES_MAX) || headerBytes + 8n > BigInt(size)) {
    throw invalid(path, `the header claims ${headerBytes} bytes; the limits are ${SAFETENSORS_HEADER_BYTES_MAX} and the file's ${size}`);
  }
  const dataStart = 8 + Number(headerBytes);
  let header: unknown;
  try {
    header = JSON.parse((await readExactly(path, file, 8, Number(headerBytes))).toString('utf8'));
  } catch (error) {
    throw invalid(path, 'the header is not JSON', error);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw invalid(path, 'the header is not an object');
  const named = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (named.length > TENSORS_MAX) throw invalid(path, `the header lists ${named.length} tensors; the limit is ${TENSORS_MAX}`);
  const entries = new Map(named.map(([name, value]) => [name, parseEntry(path, name, value, dataStart, size)]));
  requireWhole(path, entries, dataStart, size);
  return entries;
}

/** The format's rule: tensors lie one behind the other, from the first byte of the data to the last. A name that comes twice leaves a hole. */
function requireWhole(path: string, entries: ReadonlyMap<string, Entry>, dataStart: number, fileBytes: number): void {
  let end = dataStart;
  for (const [name, { offset, bytes }] of [...entries].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (offset !== end) throw invalid(path, `tensor ${name} begins at ${offset - dataStart}; the one before it ends at ${end - dataStart}`);
    end += bytes;
  }
  if (end !== fileBytes) throw invalid(path, `${fileBytes - end} bytes belong to no tensor`);
}

function parseEntry(path: string, name: string, value: unknown, dataStart: number, fileBytes: number): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    throw inferenceError('MODEL_UNSUPPORTED', `tensor ${name} has dtype ${String(dtype)}; F32, F16 and BF16 are read`, { path, name });
  }
  const elementBytes = ELEMENT_BYTES[dtype as Dtype];
  if (!isCounts(shape) || shape.length > 8 || !isCounts(offsets) || offsets.length !== 2)
    throw invalid(path, `the entry of tensor ${name} is malformed`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, dim) => product * dim, elementBytes);
  if (!Number.isSafeInteger(bytes) || end - begin !== bytes || dataStart + end > fileBytes) {
    throw invalid(path, `tensor ${name} of ${bytes} bytes lies at ${begin}–${end}; the file has ${fileBytes - dataStart} data bytes`);
  }
  return { dtype: dtype as Dtype, shape, offset: dataStart + begin, bytes };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

async function readExactly(path: string, file: FileHandle, position: number, bytes: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.from(new ArrayBuffer(bytes));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, at, Math.min(bytes - at, 1 << 30), position + at);
    if (bytesRead === 0) throw invalid(path, `the file ends at ${position + at}`);
    at += bytesRead;
  }
  return buffer;
}

function invalid(path: string, what: string, cause?: unknown): Error {
  return inferenceError('MODEL_INVALID', `${path}: ${what}`, { path }, cause);
}
