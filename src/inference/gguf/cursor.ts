/** Thrown by {@link Cursor} when the bytes at hand end; the caller may come back with more. */
export class OutOfBytes extends Error {}

/** Reads little-endian GGUF primitives from a prefix of the file, never beyond it. */
export class Cursor {
  readonly #view: DataView;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8 = (): number => this.#view.getUint8(this.#take(1));
  i8 = (): number => this.#view.getInt8(this.#take(1));
  u16 = (): number => this.#view.getUint16(this.#take(2), true);
  i16 = (): number => this.#view.getInt16(this.#take(2), true);
  u32 = (): number => this.#view.getUint32(this.#take(4), true);
  i32 = (): number => this.#view.getInt32(this.#take(4), true);
  f32 = (): number => this.#view.getFloat32(this.#take(4), true);
  f64 = (): number => this.#view.getFloat64(this.#take(8), true);
  /** Above 2^53 the nearest number: no such value is a size of anything that fits. */
  u64 = (): number => Number(this.#view.getBigUint64(this.#take(8), true));
  i64 = (): number => Number(this.#view.getBigInt64(this.#take(8), true));

  /** @param bytesMax asked of a length before anything is read */
  string(bytesMax: number, tooLong: (bytes: number) => Error): string {
    const bytes = this.u64();
    if (bytes > bytesMax) throw tooLong(bytes);
    const start = this.#take(bytes);
    return this.#bytes.toString('utf8', start, start + bytes);
  }

  #take(bytes: number): number {
    if (bytes > this.left) throw new OutOfBytes();
    const start = this.#at;
    this.#at += bytes;
    return start;
  }
}
