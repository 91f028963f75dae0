/** Just enough protobuf to find fields (https://protobuf.dev/programming-guides/encoding/). */

export const LENGTH_DELIMITED = 2;
/** Libraries cut greater ones to 32 bits, and would see another field. */
const TAG_MAX = 2 ** 32 - 1;
/** Bytes of fields with a fixed length, by wire type. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

export interface FieldHead {
  readonly field: number;
  readonly wireType: number;
  /** Tag, and the length or the number where there is one. */
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** The field that begins there; undefined for groups, for what is cut, and for what is no tag. */
export function fieldAt(bytes: Buffer): FieldHead | undefined {
  const tag = varintAt(bytes, 0);
  if (tag === undefined || tag.value > TAG_MAX) return undefined;
  const [field, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
  const fixed = FIXED[wireType];
  if (fixed !== undefined) return { field, wireType, headBytes: tag.end, bodyBytes: fixed };
  const next = varintAt(bytes, tag.end);
  if (next === undefined) return undefined;
  if (wireType === 0) return { field, wireType, headBytes: next.end, bodyBytes: 0 };
  if (wireType !== LENGTH_DELIMITED || !Number.isSafeInteger(next.value)) return undefined;
  return { field, wireType, headBytes: next.end, bodyBytes: next.value };
}

/** Up to ten bytes, as protobuf writes 64 bits; those above 2^53 lose digits, which no length has. */
function varintAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}
