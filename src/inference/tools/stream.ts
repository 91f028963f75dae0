import { heldBack } from '../stop.ts';
import type { ParsedCall, ToolFormat } from './format.ts';

/** The end of an answer: text that is left, and the calls. */
export interface ToolsEnd {
  readonly text: string;
  readonly calls: readonly ParsedCall[];
}

/** Text in, ordinary text out: from where a call may begin everything is held back to the answer's end. What proves to be no call is text. */
export class ToolStream {
  readonly #format: ToolFormat;
  readonly #names: ReadonlySet<string>;
  readonly #callsMax: number;
  #held = '';
  #begun = false;
  /** Whether everything so far is white space. */
  #blank = true;

  /**
   * @param names of the tools that may be called: another name makes no call
   * @param callsMax what follows that many calls is left out
   */
  constructor(format: ToolFormat, names: Iterable<string>, callsMax = Number.POSITIVE_INFINITY) {
    this.#format = format;
    this.#callsMax = callsMax;
    this.#names = new Set(names);
  }

  /** The text that no call can begin in any more. */
  push(text: string): string {
    this.#held += text;
    if (this.#begun) return '';
    const { marks, bare } = this.#format;
    const found = marks.map((mark) => this.#held.indexOf(mark)).filter((at) => at !== -1);
    const first = this.#held.search(/\S/);
    if (bare && this.#blank && first !== -1 && this.#held[first] === '{') found.push(first);
    this.#blank &&= first === -1;
    this.#begun = found.length > 0;
    return this.#give(this.#begun ? Math.min(...found) : this.#held.length - heldBack(this.#held, marks));
  }

  /** @param rest the last text */
  end(rest = ''): ToolsEnd {
    const before = this.push(rest);
    const parsed = this.#begun ? this.#format.parse(this.#held.trim()) : undefined;
    if (parsed === undefined || !parsed.calls.every(({ name }) => this.#names.has(name))) return { text: before + this.#held, calls: [] };
    return { calls: parsed.calls.slice(0, this.#callsMax), text: before + parsed.text };
  }

  #give(length: number): string {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return text;
  }
}
