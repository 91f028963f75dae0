import type { Logger } from 'pino';
import type { Role } from '../types/index.ts';
import { type CodedError, toCoded } from '../util/errors.ts';
import { nodeError } from './errors.ts';

/** A model that a role was told to serve and does not. */
export interface RefusedModel {
  readonly role: Role;
  /** As the configuration names it. */
  readonly model: string;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Errors of the engine itself: no model would fare better. */
const OF_THE_ENGINE: readonly string[] = ['BACKEND_UNAVAILABLE', 'ENGINE_CLOSED'];

/** What keeps one bad model from stopping a node: the others are served, and this remembers which are not, and why. */
export class Refusals {
  readonly #all: RefusedModel[] = [];
  readonly #log: Logger;
  readonly #signal: AbortSignal;

  /** @param signal of the start: once it aborts, errors are no model's fault */
  constructor(log: Logger, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
  }

  get all(): readonly RefusedModel[] {
    return this.#all;
  }

  /** What `use` gives for each model, without those that it fails for. @throws NO_MODEL when it fails for all; errors of the engine itself */
  async served<T>(role: Role, models: readonly string[], use: (model: string) => Promise<T>): Promise<T[]> {
    const served: T[] = [];
    for (const model of models) {
      try {
        served.push(await use(model));
      } catch (error) {
        if (this.#signal.aborted || OF_THE_ENGINE.includes(toCoded(error).code)) throw error;
        this.#add(role, model, toCoded(error));
      }
    }
    // None was named: the role waits for none.
    if (served.length > 0 || models.length === 0) return served;
    const why = this.#all
      .filter((one) => one.role === role)
      .map(({ model, code, message, remedy }) => `\n  ${model}: ${code}: ${message}. ${remedy}`);
    throw nodeError('NO_MODEL', `no model is left for the ${role}:${why.join('')}`, { role, refused: why.length });
  }

  #add(role: Role, model: string, { code, message, remedy }: CodedError): void {
    this.#all.push({ role, model, code, message, remedy });
    this.#log.error({ role, model, code, reason: message, remedy }, 'a model is not served');
  }
}
