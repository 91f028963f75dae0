import koffi from 'koffi';
import type { Pointer } from './ortApi.ts';

const VIEWS = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, uint8: Uint8Array, uint16: Uint16Array } as const;
type ViewOf = { float32: Float32Array; int32: Int32Array; int64: BigInt64Array; uint8: Uint8Array; uint16: Uint16Array };

/** An array outside the JavaScript heap with a fixed address, zeroed by calloc (pages are taken when they are first written). Its view must not be used after `free`. */
export class NativeArray<T extends keyof ViewOf> {
  readonly view: ViewOf[T];
  readonly address: Pointer;
  readonly elementBytes: number;
  readonly #pointer: unknown;

  constructor(type: T, length: number) {
    const View = VIEWS[type];
    this.elementBytes = View.BYTES_PER_ELEMENT;
    const bytes = Math.max(1, length) * this.elementBytes;
    this.#pointer = koffi.alloc('uint8_t', bytes);
    this.address = koffi.address(this.#pointer);
    this.view = new View(koffi.view(this.#pointer, bytes), 0, length) as ViewOf[T];
  }

  free(): void {
    koffi.free(this.#pointer);
  }
}

/** Zero-terminated strings and the array of their addresses, as C functions take lists of names. */
export class NativeStrings {
  readonly addresses: BigUint64Array;
  readonly #pointers: unknown[] = [];

  constructor(strings: readonly string[]) {
    this.addresses = BigUint64Array.from(strings, (text) => {
      const bytes = Buffer.from(`${text}\0`, 'utf8');
      const pointer: unknown = koffi.alloc('uint8_t', bytes.length);
      new Uint8Array(koffi.view(pointer, bytes.length)).set(bytes);
      this.#pointers.push(pointer);
      return koffi.address(pointer);
    });
  }

  free(): void {
    for (const pointer of this.#pointers) koffi.free(pointer);
  }
}
