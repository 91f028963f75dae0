/** Text of a growing id sequence. */
export interface Detokenizer {
  /** The text that this token completes; '' while a UTF-8 character is unfinished. */
  push(id: number): string;
  /** What is left: an unfinished character comes out as U+FFFD. */
  end(): string;
}

const REPLACEMENT = '�';
/** Ids decoded together at most: an unfinished character has up to 4 bytes, so more pending ids mean bytes that are no UTF-8. */
const PENDING_MAX = 8;

/** Ids kept before the first text: what they take off it (a leading space), the first of them takes. */
const SILENT_MAX = 8;

/**
 * Decodes a window of the last ids and gives out what the window's text grew by. The window starts again at each emission, with the
 * last emitted ids kept as context, because a token's text may depend on the one before it (leading spaces). Ids without text, special tokens,
 * are no context: the one after them is not the first.
 */
export class IncrementalDetokenizer implements Detokenizer {
  readonly #decode: (ids: readonly number[]) => string;
  #context: number[] = [];
  #contextText = '';
  #pending: number[] = [];

  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  push(id: number): string {
    this.#pending.push(id);
    const text = this.#pendingText();
    if (text.endsWith(REPLACEMENT) && this.#pending.length < PENDING_MAX) return '';
    this.#settle(text);
    return text;
  }

  end(): string {
    const text = this.#pendingText();
    this.#settle(text);
    return text;
  }

  #pendingText(): string {
    return this.#pending.length === 0 ? '' : this.#decode([...this.#context, ...this.#pending]).slice(this.#contextText.length);
  }

  #settle(text: string): void {
    if (text !== '') {
      this.#context = this.#pending;
      this.#contextText = this.#decode(this.#context);
    } else if (this.#contextText === '') {
      this.#context = [...this.#context, ...this.#pending].slice(0, SILENT_MAX);
    }
    this.#pending = [];
  }
}
