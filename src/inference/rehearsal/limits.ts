import { totalmem } from 'node:os';

/** What one rehearsal may take. */
export interface RehearsalLimits {
  readonly wallMs: number;
  /** CPU time of all threads, seconds: ends the process also when nobody watches it any more. */
  readonly cpuSeconds: number;
  /** Of the V8 heap. */
  readonly heapBytes: number;
  /** Resident memory of the process, looked at every {@link MEMORY_POLL_MS}. */
  readonly memoryBytes: number;
}

export const REHEARSAL_BASE_MS = 20_000;
/** Hashing, widening and building run at some 100 MB/s; a slow disk or a busy machine may take twelve times that. */
export const REHEARSAL_BYTES_PER_MS = 8_192;
export const REHEARSAL_BASE_BYTES = 2 ** 30;
/** A GGUF weight of 4.5 bits becomes 32, and lies in memory four times: as read, in the graph, in ONNX Runtime, packed. */
export const REHEARSAL_MEMORY_FACTOR = 32;
/** The greatest graph (2 GiB) five times. */
export const REHEARSAL_MEMORY_MAX = 10 * 2 ** 30;
export const REHEARSAL_HEAP_BYTES = 2 ** 31;
export const MEMORY_POLL_MS = 25;
/** Part of the machine's memory that a rehearsal leaves alone. */
const MACHINE_SHARE = 0.9;

/** @param bytes of all files in the model's folder */
export function rehearsalLimits(bytes: number): RehearsalLimits {
  const wallMs = REHEARSAL_BASE_MS + Math.ceil(bytes / REHEARSAL_BYTES_PER_MS);
  const memoryBytes = REHEARSAL_BASE_BYTES + Math.min(REHEARSAL_MEMORY_FACTOR * bytes, REHEARSAL_MEMORY_MAX);
  return {
    wallMs,
    cpuSeconds: Math.ceil((2 * wallMs) / 1_000),
    heapBytes: REHEARSAL_HEAP_BYTES,
    memoryBytes: Math.min(memoryBytes, MACHINE_SHARE * totalmem()),
  };
}
