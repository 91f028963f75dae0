import { BoundedMap } from '../../util/boundedMap.ts';
import { checkGrammar, Grammar } from './grammar.ts';
import { GRAMMARS_KEPT } from './limits.ts';
import { type TokenBytes, type TokenSource, tokenBytes } from './tokenBytes.ts';
import { requireSpelling, Vocabulary } from './vocabulary.ts';

export type { CallForm } from './calls.ts';
export { checkGrammar, type Grammar, type Matcher, maskLogits } from './grammar.ts';
export { GRAMMAR_BYTES_MAX } from './limits.ts';
export { callsGrammar, grammarSchema, JSON_OBJECT_GRAMMAR, schemaGrammar } from './text.ts';
export type { TokenSource } from './tokenBytes.ts';

/** What is asked of a tokenizer. */
interface GrammarTokenizer {
  tokens(): TokenSource;
  readonly eosIds: ReadonlySet<number>;
}

/** The grammars of one model: its vocabulary is read when the first one is asked for, and the last ones stay compiled. */
export class Grammars {
  readonly #tokenizer: GrammarTokenizer;
  readonly #compiled = new BoundedMap<string, Grammar>(GRAMMARS_KEPT);
  #tokens: TokenBytes | undefined;
  #vocabulary: Vocabulary | undefined;

  constructor(tokenizer: GrammarTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * Whether {@link get} would give a grammar, for much less work.
   *
   * @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED, GRAMMAR_TOO_LARGE
   */
  check(text: string): void {
    this.#spelling();
    checkGrammar(text);
  }

  /** @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED, GRAMMAR_TOO_LARGE */
  get(text: string): Grammar {
    const tokens = this.#spelling();
    this.#vocabulary ??= new Vocabulary(tokens, this.#tokenizer.eosIds);
    const vocabulary = this.#vocabulary;
    return this.#compiled.ensure(text, () => new Grammar(text, tokens, vocabulary));
  }

  #spelling(): TokenBytes {
    if (this.#tokens !== undefined) return this.#tokens;
    const tokens = tokenBytes(this.#tokenizer.tokens());
    requireSpelling(tokens, this.#tokenizer.eosIds);
    this.#tokens = tokens;
    return tokens;
  }
}
