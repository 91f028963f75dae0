import type { ProgramBuilder } from './program.ts';
import { invalid } from './unsupported.ts';

/** A key or string that JSON can say in UTF-8. @throws GRAMMAR_INVALID for half of a surrogate pair */
export function requireText(text: string, path: string): string {
  if (text.isWellFormed()) return text;
  throw invalid(path, 'a string has half of a surrogate pair');
}

/** A space or none. */
export const space = (builder: ProgramBuilder, next: number): number => builder.any(builder.text(' ', next), next);
export const comma = (builder: ProgramBuilder, next: number): number => builder.text(',', space(builder, next));
export const colon = (builder: ProgramBuilder, next: number): number => builder.text(':', space(builder, next));

/** One of some values, each spelled as JSON.stringify does, with the spaces that any array or object may have. */
export function literals(builder: ProgramBuilder, values: readonly unknown[], path: string, next: number): number {
  const plain = values.filter((value) => typeof value !== 'object' || value === null);
  const texts = plain.map((value) => Buffer.from(JSON.stringify(typeof value === 'string' ? requireText(value, path) : value)));
  const nested = values.filter((value) => typeof value === 'object' && value !== null);
  return builder.any(
    ...(texts.length === 0 ? [] : [trie(builder, texts, 0, next)]),
    ...nested.map((value) => literal(builder, value, path, next)),
  );
}

/** Texts that begin alike share their nodes: what is followed side by side stays small. */
function trie(builder: ProgramBuilder, texts: readonly Uint8Array[], depth: number, next: number): number {
  const byByte = Map.groupBy(
    texts.filter((text) => text.length > depth),
    (text) => text[depth] as number,
  );
  const ranges = [...byByte].map(([byte, group]) => ({ from: byte, to: byte, next: trie(builder, group, depth + 1, next) }));
  const isEnd = texts.some((text) => text.length === depth);
  if (ranges.length === 0) return next;
  return isEnd ? builder.any(next, builder.bytes(...ranges)) : builder.bytes(...ranges);
}

function literal(builder: ProgramBuilder, value: unknown, path: string, next: number): number {
  if (typeof value !== 'object' || value === null) return literals(builder, [value], path, next);
  const isArray = Array.isArray(value);
  const parts = Object.entries(value).map(([key, item]) => (following: number): number => {
    const entry = literal(builder, item, path, following);
    return isArray ? entry : builder.text(JSON.stringify(requireText(key, path)), colon(builder, entry));
  });
  const end = builder.text(isArray ? ']' : '}', next);
  const body = parts.reduceRight((following, part, i) => (i === 0 ? part(following) : comma(builder, part(following))), end);
  return builder.text(isArray ? '[' : '{', body);
}
