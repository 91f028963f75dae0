import { setTimeout as sleep } from 'node:timers/promises';

/** Lets the machine come to rest between two measurements. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal });
