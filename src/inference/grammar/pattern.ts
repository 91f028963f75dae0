import { ANY_CODE_POINT, type CodePoints, complement } from './codePoints.ts';
import { type ProgramBuilder, RETURN } from './program.ts';
import { canonicalCharacter, quoted } from './strings.ts';
import { unsupported } from './unsupported.ts';

/** A regular expression without anchors. */
type Expression =
  | { readonly kind: 'set'; readonly set: readonly CodePoints[] }
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'one'; readonly of: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly of: Expression; readonly min: number; readonly max: number };

const REPEAT_MAX = 1_000;
const DIGIT: CodePoints[] = [[0x30, 0x39]];
const WORD: CodePoints[] = [...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
// biome-ignore format: a table
const SPACE: CodePoints[] = [[9, 13], [32, 32], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]];
const NO_LINE_END = complement([
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
]);
const CLASSES: Readonly<Record<string, readonly CodePoints[]>> = {
  d: DIGIT,
  w: WORD,
  s: SPACE,
  D: complement(DIGIT),
  W: complement(WORD),
  S: complement(SPACE),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };

/**
 * A rule for strings that match a pattern of JSON Schema, as ECMAScript reads it with the flag `u`: literals, `.`, sets, `\d \w \s` and their
 * opposites, groups, alternatives, quantifiers, and anchors at the ends. Without anchors anything may stand around the match.
 *
 * @throws GRAMMAR_UNSUPPORTED naming what else the pattern has, GRAMMAR_INVALID, GRAMMAR_TOO_LARGE
 */
export function patternRule(builder: ProgramBuilder, source: string, path: string): number {
  const expression = new PatternReader(source, path).read();
  return builder.rule(false, () => quoted(builder, (end) => emit(builder, expression, end), RETURN));
}

function emit(builder: ProgramBuilder, expression: Expression, next: number): number {
  switch (expression.kind) {
    case 'set':
      return canonicalCharacter(builder, expression.set, next);
    case 'all':
      return expression.of.reduceRight((following, part) => emit(builder, part, following), next);
    case 'one':
      return builder.any(...expression.of.map((part) => emit(builder, part, next)));
    case 'repeat': {
      const { of, min, max } = expression;
      let node = next;
      if (max === Number.POSITIVE_INFINITY) node = builder.loop((self) => ({ kind: 'any', of: [next, emit(builder, of, self)] }));
      else for (let i = min; i < max; i++) node = builder.any(next, emit(builder, of, node));
      for (let i = 0; i < min; i++) node = emit(builder, of, node);
      return node;
    }
  }
}

const ANYTHING: Expression = { kind: 'repeat', of: { kind: 'set', set: ANY_CODE_POINT }, min: 0, max: Number.POSITIVE_INFINITY };

class PatternReader {
  readonly #characters: readonly string[];
  readonly #source: string;
  readonly #path: string;
  #at = 0;

  constructor(source: string, path: string) {
    this.#source = source;
    this.#characters = [...source];
    this.#path = path;
  }

  read(): Expression {
    try {
      new RegExp(this.#source, 'u');
    } catch (error) {
      throw unsupported(this.#path, 'this pattern, which is no regular expression,', error);
    }
    const branches: Expression[] = [];
    do {
      const before = this.#take('^') ? [] : [ANYTHING];
      const body = this.#sequence();
      const after = this.#take('$') ? [] : [ANYTHING];
      branches.push({ kind: 'all', of: [...before, body, ...after] });
    } while (this.#take('|'));
    if (this.#at < this.#characters.length) throw this.#refuse(`${this.#characters[this.#at]} in the middle`);
    return { kind: 'one', of: branches };
  }

  #sequence(): Expression {
    const of: Expression[] = [];
    while (this.#at < this.#characters.length && !'|)$'.includes(this.#peek())) of.push(this.#quantified(this.#atom()));
    return { kind: 'all', of };
  }

  #atom(): Expression {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#set() };
      case '.':
        return { kind: 'set', set: NO_LINE_END };
      case '^':
        throw this.#refuse('^ in the middle');
      case '\\':
        return { kind: 'set', set: this.#escape() };
      default:
        return { kind: 'set', set: single(character) };
    }
  }

  #group(): Expression {
    if (this.#take('?') && !this.#take(':')) throw this.#refuse(`(?${this.#peek()}`);
    const of = [this.#sequence()];
    while (this.#take('|')) of.push(this.#sequence());
    if (!this.#take(')')) throw this.#refuse('$ in the middle');
    return { kind: 'one', of };
  }

  #quantified(of: Expression): Expression {
    let [min, max] = [1, 1];
    if (this.#take('*')) [min, max] = [0, Number.POSITIVE_INFINITY];
    else if (this.#take('+')) [min, max] = [1, Number.POSITIVE_INFINITY];
    else if (this.#take('?')) [min, max] = [0, 1];
    else if (this.#take('{')) {
      min = this.#integer();
      max = min;
      if (this.#take(',')) max = this.#peek() === '}' ? Number.POSITIVE_INFINITY : this.#integer();
      this.#take('}');
      if (Math.max(min, max === Number.POSITIVE_INFINITY ? 0 : max) > REPEAT_MAX) throw this.#refuse(`more than ${REPEAT_MAX} repeats`);
    } else return of;
    // A lazy quantifier matches the same strings.
    this.#take('?');
    return { kind: 'repeat', of, min, max };
  }

  #integer(): number {
    let text = '';
    while (/^\d$/.test(this.#peek())) text += this.#next();
    return Number(text);
  }

  #set(): readonly CodePoints[] {
    const isNegated = this.#take('^');
    const set: CodePoints[] = [];
    while (!this.#take(']')) {
      const [from, ...more] = this.#member();
      if (from === undefined || more.length > 0 || from[0] !== from[1] || this.#peek() !== '-' || this.#characters[this.#at + 1] === ']') {
        if (from !== undefined) set.push(from, ...more);
        continue;
      }
      this.#next();
      const [to] = this.#member();
      set.push([from[0], to?.[0] ?? from[0]]);
    }
    const outside = complement(set);
    return isNegated ? outside : complement(outside);
  }

  #member(): readonly CodePoints[] {
    const character = this.#next();
    if (character !== '\\') return single(character);
    return this.#take('b') ? [[8, 8]] : this.#escape();
  }

  #escape(): readonly CodePoints[] {
    const character = this.#next();
    const known = CLASSES[character];
    if (known !== undefined) return known;
    const control = CONTROLS[character];
    if (control !== undefined) return [[control, control]];
    if (/^[\^$\\.*+?()[\]{}|/-]$/.test(character)) return single(character);
    const rest = this.#characters.slice(this.#at, this.#at + 12).join('');
    const code = { x: /^[0-9a-fA-F]{2}/, u: /^(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]+\})/ }[character]?.exec(rest)?.[0];
    const point = Number.parseInt(code?.replace('{', '') ?? '', 16);
    if (code === undefined || (point >= 0xd800 && point <= 0xdfff)) throw this.#refuse(`\\${character}`);
    this.#at += code.length;
    return [[point, point]];
  }

  #peek(): string {
    return this.#characters[this.#at] ?? '';
  }

  #next(): string {
    const character = this.#peek();
    this.#at++;
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #refuse(what: string): Error {
    return unsupported(this.#path, `${what} of a pattern`);
  }
}

function single(character: string): readonly CodePoints[] {
  const point = character.codePointAt(0) as number;
  return [[point, point]];
}
