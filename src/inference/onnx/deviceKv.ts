import type { DecoderShape } from '../graph/shape.ts';
import type { Cudart } from './cudart.ts';
import { KvCache } from './kvCache.ts';
import type { KvStore } from './kvStore.ts';
import type { Pointer } from './ortApi.ts';

const F32_BYTES = 4;

export interface DeviceKvInit {
  readonly cudart: Cudart;
  readonly memory: Pointer;
  readonly releaseMemory: (memory: Pointer) => void;
  readonly shape: DecoderShape;
  readonly rows: number;
  readonly contextTokens: number;
}

/** A cache in the memory of a CUDA device. */
export class DeviceKv implements KvStore {
  readonly addresses: readonly Pointer[];
  readonly memory: Pointer;
  readonly #init: DeviceKvInit;

  /** Gives back what it took when an array does not fit. @throws the error of the CUDA runtime */
  constructor(init: DeviceKvInit) {
    const { cudart, memory, releaseMemory, shape, rows, contextTokens } = init;
    const bytes = F32_BYTES * rows * KvCache.rowNumbers(shape, contextTokens);
    const taken: Pointer[] = [];
    try {
      for (let i = 0; i < 2 * shape.layers; i++) taken.push(cudart.alloc(bytes));
    } catch (error) {
      for (const address of taken) cudart.free(address);
      releaseMemory(memory);
      throw error;
    }
    this.#init = init;
    this.addresses = taken;
    this.memory = memory;
  }

  /** One copy an array: a head is a line of contextTokens · headSize numbers, of which the first tokens · headSize move. */
  copyRow(from: number, to: number, tokens: number): void {
    const { cudart, shape, contextTokens } = this.#init;
    const { kvHeads, headSize } = shape;
    const pitch = F32_BYTES * contextTokens * headSize;
    const row = BigInt(kvHeads * pitch);
    for (const address of this.addresses) {
      cudart.copyLines(address + BigInt(to) * row, address + BigInt(from) * row, pitch, F32_BYTES * tokens * headSize, kvHeads);
    }
    cudart.synchronize();
  }

  close(): void {
    const { cudart, memory, releaseMemory } = this.#init;
    for (const address of this.addresses) cudart.free(address);
    releaseMemory(memory);
  }
}
