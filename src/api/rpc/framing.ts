import { apiError } from '../errors.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

/**
 * Splits a byte stream into JSON messages. A message ends at a newline (`nc -U`), or where its outermost bracket closes
 * (viem's ipc transport and geth's clients send no newline). A newline inside an unfinished message ends it too, so that a
 * client that sent garbage is in step again with its next line.
 */
export class MessageSplitter {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #size = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The messages that `chunk` completes; blank lines are skipped. @throws RPC_MESSAGE_TOO_LARGE (the stream is unusable then) */
  push(chunk: Buffer): string[] {
    const messages: string[] = [];
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] as number;
      if (!this.#ends(byte)) continue;
      this.#take(chunk.subarray(start, index + 1));
      start = index + 1;
      const text = Buffer.concat(this.#parts, this.#size).toString('utf8').trim();
      this.#reset();
      if (text !== '') messages.push(text);
    }
    this.#take(chunk.subarray(start));
    return messages;
  }

  /** What came after the last message: a client that half-closes without a newline means it. */
  rest(): string {
    const text = Buffer.concat(this.#parts, this.#size).toString('utf8').trim();
    this.#reset();
    return text;
  }

  #ends(byte: number): boolean {
    if (byte === NEWLINE) return true;
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return --this.#depth === 0;
    return false;
  }

  #take(part: Buffer): void {
    if (part.length === 0) return;
    this.#size += part.length;
    if (this.#size > this.#bytesMax) {
      throw apiError('RPC_MESSAGE_TOO_LARGE', `a message is longer than ${this.#bytesMax} bytes`, { bytesMax: this.#bytesMax });
    }
    this.#parts.push(part);
  }

  #reset(): void {
    this.#parts = [];
    this.#size = 0;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
  }
}
