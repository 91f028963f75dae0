import type { EngineOptions } from './options.ts';
import type { Engine } from './types.ts';
import { WorkerEngine } from './workerEngine.ts';

export type { EngineOptions } from './options.ts';
export type {
  Engine,
  GeneratedToken,
  GenerateEnd,
  GenerateRequest,
  ModelInfo,
  TokenLogprobs,
} from './types.ts';

/**
 * An engine that starts its worker process at the first load. Close it: the worker keeps this process alive.
 *
 * @throws REQUEST_INVALID when an option is out of range
 */
export function createEngine(options: EngineOptions = {}): Engine {
  return new WorkerEngine(options);
}
