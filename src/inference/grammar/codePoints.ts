import type { ProgramBuilder } from './program.ts';

/** First and last of a range of Unicode code points. */
export type CodePoints = readonly [from: number, to: number];

/** Every scalar value: all code points but surrogates. */
export const ANY_CODE_POINT: readonly CodePoints[] = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** What both sets have; both by rising code point. */
export function intersect(a: readonly CodePoints[], b: readonly CodePoints[]): CodePoints[] {
  return a.flatMap(([from, to]) =>
    b.flatMap(([first, last]): CodePoints[] => (first <= to && from <= last ? [[Math.max(from, first), Math.min(to, last)]] : [])),
  );
}

/** Every scalar value that the set does not have. */
export function complement(set: readonly CodePoints[]): CodePoints[] {
  const gaps: CodePoints[] = [];
  let next = 0;
  for (const [from, to] of [...set].sort((a, b) => a[0] - b[0])) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= 0x10ffff) gaps.push([next, 0x10ffff]);
  return intersect(gaps, ANY_CODE_POINT);
}

/** One character of a set, in UTF-8. */
export function codePoint(builder: ProgramBuilder, set: readonly CodePoints[], next: number): number {
  const sequences = intersect(set, ANY_CODE_POINT)
    .flatMap(splitByLength)
    .flatMap(([from, to]) => split([...utf8(from)], [...utf8(to)]));
  // All first bytes in one node: what is followed side by side stays small.
  return builder.bytes(
    ...sequences.map(([first, ...rest]) => {
      const [from, to] = first as CodePoints;
      return { from, to, next: rest.reduceRight((after, [low, high]) => builder.bytes({ from: low, to: high, next: after }), next) };
    }),
  );
}

const utf8 = (point: number): Uint8Array => Buffer.from(String.fromCodePoint(point), 'utf8');

/** Last code points of one, two and three bytes. */
const LENGTH_ENDS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

function splitByLength(range: CodePoints): CodePoints[] {
  return LENGTH_ENDS.flatMap((end, i) => intersect([range], [[i === 0 ? 0 : (LENGTH_ENDS[i - 1] as number) + 1, end]]));
}

/** Sequences of byte ranges that together cover all encodings between two of equal length. */
function split(from: readonly number[], to: readonly number[]): CodePoints[][] {
  const [low, high] = [from[0] as number, to[0] as number];
  if (from.length === 1) return [[[low, high]]];
  const rest = (first: number, a: readonly number[], b: readonly number[]): CodePoints[][] =>
    split(a, b).map((tail) => [[first, first], ...tail]);
  const least = from.slice(1).map(() => 0x80);
  const most = from.slice(1).map(() => 0xbf);
  if (low === high) return rest(low, from.slice(1), to.slice(1));
  const isLeast = from.slice(1).every((byte) => byte === 0x80);
  const isMost = to.slice(1).every((byte) => byte === 0xbf);
  const [first, last] = [isLeast ? low : low + 1, isMost ? high : high - 1];
  return [
    ...(isLeast ? [] : rest(low, from.slice(1), most)),
    ...(first > last ? [] : [[[first, last] as CodePoints, ...least.map((byte, i): CodePoints => [byte, most[i] as number])]]),
    ...(isMost ? [] : rest(high, least, to.slice(1))),
  ];
}
