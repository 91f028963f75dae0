import { BoundedMap } from '../../util/boundedMap.ts';
import { Automaton, type State } from './automaton.ts';
import { compileCalls } from './calls.ts';
import { GRAMMAR_MASKS_KEPT } from './limits.ts';
import type { Program } from './program.ts';
import { compileSchema } from './schema.ts';
import { parseGrammar } from './text.ts';
import type { TokenBytes } from './tokenBytes.ts';
import type { TokenSet, Vocabulary } from './vocabulary.ts';

/**
 * Whether a grammar's text can be held.
 *
 * @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED, GRAMMAR_TOO_LARGE
 */
export function checkGrammar(text: string): void {
  programOf(text);
}

function programOf(text: string): Program {
  const grammar = parseGrammar(text);
  return 'calls' in grammar ? compileCalls(grammar.calls) : compileSchema(grammar.schema);
}

/** A grammar compiled for a model's vocabulary; answers of several requests may follow it at the same time. */
export class Grammar {
  readonly #automaton: Automaton;
  readonly #vocabulary: Vocabulary;
  readonly #tokens: TokenBytes;
  readonly #masks = new BoundedMap<State, TokenSet>(GRAMMAR_MASKS_KEPT);

  /** @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED, GRAMMAR_TOO_LARGE */
  constructor(text: string, tokens: TokenBytes, vocabulary: Vocabulary) {
    this.#automaton = new Automaton(programOf(text));
    this.#tokens = tokens;
    this.#vocabulary = vocabulary;
  }

  matcher(): Matcher {
    return new Matcher(this, this.#automaton.start);
  }

  allowed(state: State): TokenSet {
    return this.#masks.ensure(state, () => this.#vocabulary.allowed(this.#automaton, state));
  }

  /** The state after a token; undefined where it is not allowed. */
  after(state: State, token: number): State | undefined {
    const bytes = this.#tokens[token];
    if (bytes === undefined || this.#vocabulary.endIds.includes(token)) return undefined;
    const end = bytes.reduce((at, byte) => this.#automaton.step(at, byte), state);
    return end.isDead ? undefined : end;
  }
}

/** One answer that follows a grammar. */
export class Matcher {
  readonly #grammar: Grammar;
  /** Undefined after an end token, and after a token that was not allowed: nothing is asked of what follows. */
  #state: State | undefined;

  constructor(grammar: Grammar, start: State) {
    this.#grammar = grammar;
    this.#state = start;
  }

  /** Takes the next token of the answer, whether it is allowed or not. */
  push(token: number): void {
    if (this.#state !== undefined) this.#state = this.#grammar.after(this.#state, token);
  }

  /** What may come next; undefined when nothing is asked any more. @throws GRAMMAR_TOO_LARGE */
  allowed(): TokenSet | undefined {
    return this.#state === undefined ? undefined : this.#grammar.allowed(this.#state);
  }
}

/** Logits with −∞ for all tokens that are not in the set. */
export function maskLogits(logits: Float32Array, allowed: TokenSet): Float32Array {
  const masked = new Float32Array(logits.length).fill(Number.NEGATIVE_INFINITY);
  const words = Math.min(allowed.length, Math.ceil(logits.length / 32));
  for (let word = 0; word < words; word++) {
    let bits = allowed[word] as number;
    const base = word * 32;
    if (bits === 0xffff_ffff && base + 32 <= logits.length) {
      masked.set(logits.subarray(base, base + 32), base);
      continue;
    }
    for (; bits !== 0; bits = (bits & (bits - 1)) >>> 0) {
      const token = base + 31 - Math.clz32(bits & -bits);
      masked[token] = logits[token] as number;
    }
  }
  return masked;
}
