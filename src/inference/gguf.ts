import type { FileHandle } from 'node:fs/promises';
import { inferenceError } from './errors.ts';
import { OutOfBytes } from './gguf/cursor.ts';
import { GGUF_HEADER_BYTES_MAX, type GgufHeader, type GgufTensor, type GgufValue, parseGgufHeader } from './gguf/header.ts';
import { openRegular } from './regularFile.ts';

/** The header is read in growing prefixes. */
const FIRST_PREFIX_BYTES = 1 << 20;

/** A GGUF file: metadata, and tensors that are read one by one. */
export class GgufFile {
  readonly #file: FileHandle;
  readonly #header: GgufHeader;
  readonly #path: string;

  private constructor(path: string, file: FileHandle, header: GgufHeader) {
    this.#path = path;
    this.#file = file;
    this.#header = header;
  }

  /** @throws MODEL_INVALID when the header is damaged or a tensor lies outside the file, MODEL_UNSUPPORTED for other versions and types */
  static async open(path: string): Promise<GgufFile> {
    const file = await openRegular(path);
    try {
      const { size } = await file.stat();
      return new GgufFile(path, file, await readHeader(path, file, size));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get metadata(): ReadonlyMap<string, GgufValue> {
    return this.#header.metadata;
  }

  tensor(name: string): GgufTensor | undefined {
    return this.#header.tensors.get(name);
  }

  /**
   * The tensor's bytes as they are stored.
   *
   * @throws MODEL_INVALID when it is missing or has another shape
   */
  async readBytes(name: string, shape: readonly number[]): Promise<{ readonly tensor: GgufTensor; readonly data: Uint8Array }> {
    const tensor = this.tensor(name);
    if (tensor === undefined) throw this.#invalid(`tensor ${name} is missing`);
    if (tensor.shape.join() !== shape.join()) {
      throw this.#invalid(`tensor ${name} has shape [${tensor.shape.join()}]; the metadata ask for [${shape.join()}]`);
    }
    const { buffer } = await readAt(this.#path, this.#file, tensor.offset, tensor.bytes);
    return { tensor, data: new Uint8Array(buffer) };
  }

  /**
   * The tensor as f32, row-major.
   *
   * @throws MODEL_INVALID when it is missing or has another shape
   */
  async read(name: string, shape: readonly number[]): Promise<Float32Array> {
    const { tensor, data } = await this.readBytes(name, shape);
    return tensor.type.widen(data);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #invalid(what: string): Error {
    return inferenceError('MODEL_INVALID', `${this.#path}: ${what}`, { path: this.#path });
  }
}

async function readHeader(path: string, file: FileHandle, fileBytes: number): Promise<GgufHeader> {
  const most = Math.min(fileBytes, GGUF_HEADER_BYTES_MAX);
  for (let bytes = Math.min(most, FIRST_PREFIX_BYTES); ; bytes = Math.min(most, bytes * 8)) {
    const prefix = await readAt(path, file, 0, bytes);
    try {
      return parseGgufHeader(prefix, fileBytes, path);
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error;
      if (bytes === most) throw inferenceError('MODEL_INVALID', `${path}: the header does not end within ${most} bytes`, { path });
    }
  }
}

async function readAt(path: string, file: FileHandle, position: number, bytes: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.from(new ArrayBuffer(bytes));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, at, Math.min(bytes - at, 1 << 30), position + at);
    if (bytesRead === 0) throw inferenceError('MODEL_INVALID', `${path}: the file ends at ${position + at}`, { path });
    at += bytesRead;
  }
  return buffer;
}
