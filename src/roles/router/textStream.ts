import { cutAtStop, heldBack } from '../../inference/stop.ts';
import type { Tokenizer } from '../../inference/tokenizer.ts';

/** Tokens in, text out: holds back what may still become a stop string and ends before one. Special tokens have no text unless they are `kept`. */
export class TextStream {
  readonly #detokenizer;
  readonly #stop: readonly string[];
  #held = '';
  #stopped = false;

  constructor(tokenizer: Pick<Tokenizer, 'detokenizer'>, stop: readonly string[], kept: readonly string[] = []) {
    this.#detokenizer = tokenizer.detokenizer(kept);
    this.#stop = stop;
  }

  /** The text that these tokens complete and that no stop string can reach any more. */
  push(ids: Uint32Array): string {
    let text = '';
    for (const id of ids) text += this.#detokenizer.push(id);
    return this.#emit(text, false);
  }

  /** What is left when no token follows. */
  end(): string {
    return this.#emit(this.#detokenizer.end(), true);
  }

  #emit(text: string, last: boolean): string {
    if (this.#stopped) return '';
    const all = this.#held + text;
    const { text: cut, stopped } = cutAtStop(all, this.#stop);
    this.#stopped = stopped;
    const keep = stopped || last ? 0 : heldBack(all, this.#stop);
    this.#held = all.slice(all.length - keep);
    return stopped ? cut : all.slice(0, all.length - keep);
  }
}
