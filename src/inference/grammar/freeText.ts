import { heldBack } from '../stop.ts';
import { type CodePoints, codePoint, complement, intersect } from './codePoints.ts';
import { ADDED_BYTE, MARKS, type Mark } from './marks.ts';
import type { ByteRange, ProgramBuilder } from './program.ts';

const ASCII_END = 0x7f;
const BEYOND_ASCII: readonly CodePoints[] = [[ASCII_END + 1, 0x10ffff]];
/** What `\s` of ECMAScript matches, by rising code point. */
export const WHITE_SPACE: readonly CodePoints[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const WIDE_SPACE = intersect(WHITE_SPACE, BEYOND_ASCII);
const WIDE_OTHER = intersect(complement(WHITE_SPACE), BEYOND_ASCII);

export interface FreeText {
  /** In ASCII; as the model's own token or as text it can only go on with `call`. */
  readonly mark: Mark;
  /** Nodes after the text, and after the mark. */
  readonly end: number;
  readonly call: number;
  /** The node that reads on from a `{` before which there was white space only; undefined where that is text like any other. */
  readonly bare?: number;
}

/**
 * Any text in UTF-8 up to a mark: how much of the mark the text ends with is a node of its own, so that no spelling of it stays text. Added tokens
 * may stand between characters; those without a text do not part what stands around them.
 *
 * @returns the node where it begins
 */
export function freeText(builder: ProgramBuilder, { mark, end, call, bare }: FreeText): number {
  const nodes: number[] = [];
  /** What follows once the text ends with the first `matched` characters of the mark, and no more. */
  const after = (matched: number): number =>
    nodes[matched] ??
    builder.loop((self) => {
      nodes[matched] = self;
      return { kind: 'any', of: [end, reads(self, (character) => read(matched, character)), wide()] };
    });
  const read = (matched: number, character: string): number => {
    const text = mark.slice(0, matched) + character;
    return text === mark ? call : after(heldBack(text, [mark]));
  };
  const reads = (self: number, next: (character: string) => number | undefined): number =>
    builder.bytes(
      ...asciiRanges(next),
      { from: MARKS[mark], to: MARKS[mark], next: call },
      { from: ADDED_BYTE, to: ADDED_BYTE, next: self },
    );
  let beyond: number | undefined;
  const wide = (): number => (beyond ??= codePoint(builder, BEYOND_ASCII, after(0)));
  const start = after(0);
  if (bare === undefined) return start;
  return builder.loop((self) => {
    const next = (character: string): number | undefined => {
      if (character === '{') return undefined;
      return /\s/.test(character) ? self : read(0, character);
    };
    const others = [codePoint(builder, WIDE_SPACE, self), codePoint(builder, WIDE_OTHER, start)];
    return { kind: 'any', of: [end, bare, reads(self, next), ...others] };
  });
}

/** ASCII where it leads to a node, neighbours that lead to the same one in one range. */
function asciiRanges(next: (character: string) => number | undefined): ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let byte = 0; byte <= ASCII_END; byte++) {
    const to = next(String.fromCharCode(byte));
    if (to === undefined) continue;
    const last = ranges.at(-1);
    if (last?.next === to && last.to === byte - 1) ranges[ranges.length - 1] = { ...last, to: byte };
    else ranges.push({ from: byte, to: byte, next: to });
  }
  return ranges;
}
