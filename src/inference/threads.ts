import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** What an engine takes, and a config may ask for. */
export const THREADS_MAX = 64;
/** Decoding is bound by memory bandwidth, which this many threads use up on most machines. */
const PICKED_THREADS_MAX = 16;

/** Threads of a forward pass when nobody says: one for each core, less one that is left to the rest of the node. */
export function pickThreads(processors = availableParallelism(), perCore = threadsPerCore()): number {
  return Math.min(PICKED_THREADS_MAX, Math.max(1, Math.ceil(processors / perCore) - 1));
}

/** 2 where Linux says that simultaneous multithreading is on: a second thread on a core gains nothing for sums. 1 also where nothing is known. */
function threadsPerCore(): 1 | 2 {
  try {
    return readFileSync('/sys/devices/system/cpu/smt/active', 'utf8').trim() === '1' ? 2 : 1;
  } catch {
    return 1;
  }
}
