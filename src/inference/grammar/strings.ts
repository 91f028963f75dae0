import { type CodePoints, codePoint, intersect } from './codePoints.ts';
import { type ProgramBuilder, RETURN } from './program.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Characters that stand in a JSON string as they are. */
const PLAIN: readonly CodePoints[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0xd7ff],
  [0xe000, 0x10ffff],
];
const ESCAPED: readonly CodePoints[] = [
  [0, 0x1f],
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
];

export const quoted = (builder: ProgramBuilder, body: (next: number) => number, next: number): number =>
  builder.byte(QUOTE, body(builder.byte(QUOTE, next)));

/** One character of any string: as it is, or with any escape of JSON; surrogates in pairs only. */
function character(builder: ProgramBuilder, next: number): number {
  const hex = (following: number, ...digits: string[]): number => digits.reduceRight((after, set) => oneOf(builder, set, after), following);
  const all = '0123456789abcdefABCDEF';
  const low = builder.text('\\u', hex(next, 'dD', 'cdefCDEF', all, all));
  const unicode = builder.any(
    hex(next, '0123456789abcefABCEF', all, all, all),
    hex(next, 'dD', '01234567', all, all),
    hex(low, 'dD', '89abAB', all, all),
  );
  return builder.any(
    codePoint(builder, PLAIN, next),
    builder.byte(BACKSLASH, builder.any(oneOf(builder, '"\\/bfnrt', next), oneOf(builder, 'u', unicode))),
  );
}

/** One of some ASCII characters. */
export function oneOf(builder: ProgramBuilder, set: string, next: number): number {
  return builder.bytes(...[...Buffer.from(set)].map((byte) => ({ from: byte, to: byte, next })));
}

/** A rule for any string. */
export function stringRule(builder: ProgramBuilder): number {
  return builder.rule(false, () =>
    quoted(builder, (end) => builder.loop((self) => ({ kind: 'any', of: [end, character(builder, self)] })), RETURN),
  );
}

/** A rule for strings of so many characters (code points). */
export function countedStringRule(builder: ProgramBuilder, min: number, max: number): number {
  const cap = max === Number.POSITIVE_INFINITY ? min : max;
  return builder.rule(false, () =>
    quoted(
      builder,
      (end) =>
        builder.loop((self) => ({
          kind: 'any',
          of: [builder.add({ kind: 'atLeast', min, next: end }), builder.add({ kind: 'count', max, cap, next: character(builder, self) })],
        })),
      RETURN,
    ),
  );
}

/** A character of a set, each in one spelling only, that of JSON.stringify. */
export function canonicalCharacter(builder: ProgramBuilder, set: readonly CodePoints[], next: number): number {
  const escaped = intersect(set, ESCAPED).flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  return builder.any(
    ...(intersect(set, PLAIN).length === 0 ? [] : [codePoint(builder, intersect(set, PLAIN), next)]),
    ...escaped.map((point) => builder.text(JSON.stringify(String.fromCharCode(point)).slice(1, -1), next)),
  );
}

interface NameNode {
  readonly children: Map<number, NameNode>;
  isName: boolean;
}

/** A rule for keys that are none of some names, so written that there is no second spelling of these: without escapes. */
export function otherKeyRule(builder: ProgramBuilder, names: readonly string[]): number {
  const root: NameNode = { children: new Map(), isName: false };
  for (const name of names) {
    let node = root;
    for (const character of name) {
      const point = character.codePointAt(0) as number;
      const child = node.children.get(point) ?? { children: new Map(), isName: false };
      node.children.set(point, child);
      node = child;
    }
    node.isName = true;
  }
  return builder.rule(false, () =>
    quoted(
      builder,
      (end) => {
        const free = builder.loop((self) => ({ kind: 'any', of: [end, codePoint(builder, PLAIN, self)] }));
        const from = (node: NameNode): number => {
          const known = [...node.children.keys()].sort((a, b) => a - b);
          const others = known.reduce<CodePoints[]>((set, point) => intersect(set, without(point)), [...PLAIN]);
          return builder.any(
            ...(node.isName ? [] : [end]),
            codePoint(builder, others, free),
            ...[...node.children].map(([point, child]) => canonicalCharacter(builder, [[point, point]], from(child))),
          );
        };
        return from(root);
      },
      RETURN,
    ),
  );
}

const without = (point: number): CodePoints[] =>
  [[0, point - 1] as CodePoints, [point + 1, 0x10ffff] as CodePoints].filter(([from, to]) => from <= to);
