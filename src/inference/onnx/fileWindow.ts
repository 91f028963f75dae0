import type { FileHandle } from 'node:fs/promises';

const WINDOW_BYTES = 1 << 20;

/** Bytes of a file around where somebody reads: positions that are skipped are never read from the disk. */
export class FileWindow {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #buffer = Buffer.alloc(WINDOW_BYTES);
  #start = 0;
  #end = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** Whether {@link view} has so many bytes from there, or all that the file has. */
  holds(at: number, bytes: number): boolean {
    return at >= this.#start && Math.min(at + bytes, this.size) <= this.#end;
  }

  /** Makes {@link holds} true, for at most 1 MiB. The file may have become shorter: then what is missing is zeros. */
  async move(at: number): Promise<void> {
    const length = Math.max(0, Math.min(WINDOW_BYTES, this.size - at));
    const { bytesRead } = await this.#file.read(this.#buffer, 0, length, at);
    this.#buffer.fill(0, bytesRead, length);
    this.#start = at;
    this.#end = at + length;
  }

  /** Valid until the next move. */
  view(at: number, bytes: number): Buffer {
    return this.#buffer.subarray(at - this.#start, Math.min(at + bytes, this.#end) - this.#start);
  }
}
