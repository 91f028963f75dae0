/** Long byte strings in several parts, so that they are not copied between the network and the disk. On the wire they are what `bytes` is. */
import type { Uint8ArrayList } from 'uint8arraylist';
import type { Message } from './message.ts';
import type { FieldType } from './types.ts';
import { Reader, tooLarge, WIRE_BYTES, Writer } from './wire.ts';

/** A byte string as parts: one after another they are its bytes. */
export type Parts = readonly Uint8Array[];

export const partsLength = (parts: Parts): number => parts.reduce((sum, { length }) => sum + length, 0);

/** A byte string of at most `maxBytes`. Reading gives one part, a copy. */
export function byteParts(maxBytes: number): FieldType<Parts> {
  return {
    wire: WIRE_BYTES,
    proto: 'bytes',
    note: `at most ${maxBytes} bytes`,
    absent: () => [],
    omit: (value) => partsLength(value) === 0,
    write(writer, value) {
      const length = partsLength(value);
      if (length > maxBytes) throw tooLarge('a byte string', length, maxBytes);
      writer.varint(length);
      for (const part of value) writer.raw(part);
    },
    read: (reader) => [Uint8Array.from(reader.bytes('a byte string', maxBytes))],
  };
}

/** Tag of field 1, length delimited: of the variant in its union, and of the byte string in the variant. */
const TAG = 8 + WIRE_BYTES;
/** Two tags with their lengths. */
const HEAD_BYTES_MAX = 16;

export interface PartsForm<T> {
  readonly bytesMax: number;
  /** The byte string of a value that has one. */
  split(value: T): Parts | undefined;
  join(parts: Parts): T;
}

/**
 * A union whose field 1 is a message with a byte string as its only field, 1: it is written and read without a copy of that string. Any other
 * form of the same value goes the usual way.
 */
export function withParts<T>(whole: Message<T>, { bytesMax, split, join }: PartsForm<T>): Message<T> {
  return {
    ...whole,
    encodeParts(value) {
      const parts = split(value);
      const length = parts === undefined ? 0 : partsLength(parts);
      if (parts === undefined || length === 0 || length > bytesMax) return undefined;
      const inner = new Writer();
      inner.tag(1, WIRE_BYTES);
      inner.varint(length);
      const head = inner.finish();
      const outer = new Writer();
      outer.tag(1, WIRE_BYTES);
      outer.varint(head.length + length);
      outer.raw(head);
      return [outer.finish(), ...parts];
    },
    decodeParts(frame) {
      const head = new Reader(frame.subarray(0, Math.min(HEAD_BYTES_MAX, frame.byteLength)));
      const start = head.remaining;
      try {
        if (head.varint() !== TAG || head.varint() !== frame.byteLength - (start - head.remaining)) return undefined;
        if (head.varint() !== TAG) return undefined;
        const length = head.varint();
        const from = start - head.remaining;
        if (length !== frame.byteLength - from || length > bytesMax) return undefined;
        return join(listOf(frame, from));
      } catch {
        return undefined;
      }
    },
  };
}

const listOf = (frame: Uint8ArrayList, from: number): Uint8Array[] => [...frame.sublist(from)];
