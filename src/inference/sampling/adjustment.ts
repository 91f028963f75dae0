import type { Sampling } from '../../types/index.ts';
import { type Matcher, maskLogits } from '../grammar/index.ts';

const F32_MAX = 3.4028234663852886e38;

/**
 * Penalties, biases and grammar of one answer: what they do to the logits of a position depends on the tokens before it (docs/inference.md#sampling).
 * Arithmetic is binary64, rounded once to f32, so that everybody who knows the tokens gets the same logits.
 */
export class LogitAdjustment {
  readonly #sampling: Sampling;
  /** How often the answer has each of its tokens. */
  readonly #counts = new Map<number, number>();
  /** Tokens of prompt and answer; empty when nothing asks for them. */
  readonly #seen: Set<number>;
  readonly #active: boolean;
  readonly #matcher: Matcher | undefined;

  /** @param matcher follows the sampling's grammar; undefined when it has none */
  constructor(sampling: Sampling, promptIds: Uint32Array, matcher?: Matcher) {
    this.#matcher = matcher;
    const { presenceMilli, frequencyMilli, repetitionMilli, logitBias } = sampling;
    this.#sampling = sampling;
    this.#seen = new Set(repetitionMilli === 1_000 ? [] : promptIds);
    this.#active = presenceMilli !== 0 || frequencyMilli !== 0 || repetitionMilli !== 1_000 || logitBias.length > 0;
  }

  /** The next token of the answer. */
  push(token: number): void {
    this.#matcher?.push(token);
    if (!this.#active) return;
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
    if (this.#sampling.repetitionMilli !== 1_000) this.#seen.add(token);
  }

  /** The logits that the sampling chooses from: `logits` itself when there is nothing to change, else a copy. −∞ for tokens that the grammar excludes. */
  apply(logits: Float32Array): Float32Array {
    const adjusted = this.#adjust(logits);
    const allowed = this.#matcher?.allowed();
    return allowed === undefined ? adjusted : maskLogits(adjusted, allowed);
  }

  #adjust(logits: Float32Array): Float32Array {
    if (!this.#active) return logits;
    const { presenceMilli, frequencyMilli, repetitionMilli, logitBias } = this.#sampling;
    const changed = new Map<number, number>();
    for (const token of this.#seen) {
      const logit = logits[token] as number;
      changed.set(token, logit > 0 ? (logit * 1_000) / repetitionMilli : (logit * repetitionMilli) / 1_000);
    }
    const add = (token: number, change: number): void => {
      changed.set(token, (changed.get(token) ?? (logits[token] as number)) + change);
    };
    for (const [token, count] of this.#counts) add(token, -(frequencyMilli * count + presenceMilli) / 1_000);
    for (const { token, biasMilli } of logitBias) add(token, biasMilli / 1_000);
    const adjusted = Float32Array.from(logits);
    for (const [token, logit] of changed) adjusted[token] = Math.min(F32_MAX, Math.max(-F32_MAX, logit));
    return adjusted;
  }
}
