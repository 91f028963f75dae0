/**
 * Messages declared once: field numbers, types and bounds in, a codec, its static type and its .proto text out.
 *
 * Encoding is deterministic: fields by number, minimal varints, absent defaults left out. Decoding is strict: the byte cap
 * first, a wrong wire type, a repeated singular field and a missing required field refused, unknown fields skipped.
 */
import type { Uint8ArrayList } from 'uint8arraylist';
import { protocolError } from '../errors.ts';
import type { Declared, FieldType } from './types.ts';
import { malformed, Reader, tooLarge, WIRE_BYTES, Writer } from './wire.ts';

/** A field that may be absent; its presence is explicit on the wire. */
export interface Optional<T> {
  readonly optional: FieldType<T>;
}
/** A field of at most `max` values. */
export interface Repeated<T> {
  readonly repeated: FieldType<T>;
  readonly max: number;
}
export const optional = <T>(type: FieldType<T>): Optional<T> => ({ optional: type });
export const repeated = <T>(type: FieldType<T>, max: number): Repeated<T> => ({ repeated: type, max });

type AnyField = FieldType<unknown> | Optional<unknown> | Repeated<unknown>;
type Shape = Readonly<Record<string, readonly [number: number, type: AnyField]>>;

type ValueOf<F> = F extends Optional<infer T> ? T : F extends Repeated<infer T> ? readonly T[] : F extends FieldType<infer T> ? T : never;
type OptionalKeys<S extends Shape> = { [K in keyof S]: S[K][1] extends Optional<unknown> ? K : never }[keyof S];
type Flat<T> = { [K in keyof T]: T[K] };
/** Static type of a shape. */
export type StaticShape<S extends Shape> = Flat<
  { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K][1]> } & {
    readonly [K in OptionalKeys<S>]?: ValueOf<S[K][1]> | undefined;
  }
>;

/** A whole message; as a FieldType it nests in another. */
export interface Message<T> extends FieldType<T>, Declared {
  readonly maxBytes: number;
  /** @throws WIRE_VALUE, WIRE_TOO_LARGE */
  encode(value: T): Uint8Array;
  /** @throws WIRE_TOO_LARGE, WIRE_MALFORMED */
  decode(bytes: Uint8Array): T;
  /** The same bytes, in parts of which the large ones are the value's own; undefined when it has no large part. */
  encodeParts?(value: T): Uint8Array[] | undefined;
  /** The same value, whose large parts are views of `parts`; undefined when it has none. */
  decodeParts?(parts: Uint8ArrayList): T | undefined;
}
/** Static type of a message. */
export type Static<M> = M extends Message<infer T> ? T : never;

interface Slot {
  readonly key: string;
  readonly number: number;
  readonly type: FieldType<unknown>;
  readonly mode: 'one' | 'optional' | 'many';
  readonly max: number;
}

function slotsOf(name: string, shape: Shape): Slot[] {
  const slots = Object.entries(shape).map(([key, [number, field]]): Slot => {
    if ('optional' in field) return { key, number, type: field.optional, mode: 'optional', max: 1 };
    if ('repeated' in field) return { key, number, type: field.repeated, mode: 'many', max: field.max };
    return { key, number, type: field, mode: 'one', max: 1 };
  });
  slots.sort((a, b) => a.number - b.number);
  const numbers = new Set(slots.map((slot) => slot.number));
  if (numbers.size !== slots.length || slots.some((slot) => slot.number < 1 || slot.number >= 19_000)) {
    throw new TypeError(`${name}: field numbers are unique and from 1 to 18999`);
  }
  return slots;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function fieldLine(slot: Slot): string {
  const { type, mode } = slot;
  const label = mode === 'many' ? 'repeated ' : mode === 'optional' ? 'optional ' : '';
  const note = mode === 'one' ? (type.note ?? '') : (type.note ?? '').replace(/(, )?required$/, '');
  const notes = [mode === 'many' ? `at most ${slot.max}` : '', note].filter((note) => note !== '');
  return `${label}${type.proto} ${snake(slot.key)} = ${slot.number};${notes.length > 0 ? `  // ${notes.join('; ')}` : ''}`;
}

function build<T>(
  name: string,
  maxBytes: number,
  slots: readonly Slot[],
  body: () => string,
  toFields: (value: T) => Record<string, unknown>,
  fromFields: (fields: Record<string, unknown>) => T,
): Message<T> {
  const byNumber = new Map(slots.map((slot) => [slot.number, slot]));

  function encodeTo(writer: Writer, value: T): void {
    const fields = toFields(value);
    for (const slot of slots) {
      const field = fields[slot.key];
      if (slot.mode === 'many') {
        const items = field as readonly unknown[];
        if (items.length > slot.max) throw tooLarge(`${name}.${slot.key}`, items.length, slot.max);
        for (const item of items) {
          writer.tag(slot.number, slot.type.wire);
          slot.type.write(writer, item);
        }
        continue;
      }
      if (field === undefined) {
        if (slot.mode === 'optional') continue;
        throw protocolError('WIRE_VALUE', `${name}.${slot.key} is missing`);
      }
      if (slot.mode === 'one' && slot.type.omit(field)) continue;
      writer.tag(slot.number, slot.type.wire);
      slot.type.write(writer, field);
    }
  }

  function decodeFrom(reader: Reader): T {
    const fields: Record<string, unknown> = {};
    while (!reader.done) {
      const tag = reader.varint();
      const number = Math.floor(tag / 8);
      const wire = tag % 8;
      if (number === 0 || number > 0x1fff_ffff) throw malformed(`${name}: field number ${number}`);
      const slot = byNumber.get(number);
      if (slot === undefined) {
        reader.skip(wire);
        continue;
      }
      if (wire !== slot.type.wire) throw malformed(`${name}.${slot.key} has wire type ${wire}, not ${slot.type.wire}`);
      if (slot.mode === 'many') {
        const items = (fields[slot.key] ?? []) as unknown[];
        fields[slot.key] = items;
        if (items.length >= slot.max) throw tooLarge(`${name}.${slot.key}`, items.length + 1, slot.max);
        items.push(slot.type.read(reader));
      } else {
        if (fields[slot.key] !== undefined) throw malformed(`${name}.${slot.key} is there twice`);
        fields[slot.key] = slot.type.read(reader);
      }
    }
    for (const slot of slots) {
      if (fields[slot.key] !== undefined || slot.mode === 'optional') continue;
      if (slot.mode === 'many') fields[slot.key] = [];
      else if (slot.type.absent !== undefined) fields[slot.key] = slot.type.absent();
      else throw malformed(`${name}.${slot.key} is missing`);
    }
    return fromFields(fields);
  }

  function encode(value: T): Uint8Array {
    const writer = new Writer();
    encodeTo(writer, value);
    const encoded = writer.finish();
    if (encoded.length > maxBytes) throw tooLarge(`${name} in bytes`, encoded.length, maxBytes);
    return encoded;
  }

  const message: Message<T> = {
    name,
    maxBytes,
    wire: WIRE_BYTES,
    proto: name,
    note: 'required',
    omit: () => false,
    write: (writer, value) => writer.bytes(encode(value)),
    read: (reader) => decodeFrom(new Reader(reader.bytes(name, maxBytes))),
    encode,
    decode(bytes) {
      if (bytes.length > maxBytes) throw tooLarge(`${name} in bytes`, bytes.length, maxBytes);
      return decodeFrom(new Reader(bytes));
    },
    block: () => `// At most ${maxBytes} bytes.\nmessage ${name} {\n${body()}\n}`,
    uses: () => slots.flatMap((slot) => (slot.type.declares === undefined ? [] : [slot.type.declares])),
    get declares() {
      return message;
    },
  };
  return message;
}

/**
 * Declares a message.
 *
 * @example
 * const Chunk = message('Chunk', 4096, { index: [1, u32], tokenIds: [2, packedU32(1024)] });
 * type Chunk = Static<typeof Chunk>; // { readonly index: number; readonly tokenIds: Uint32Array }
 */
export function message<const S extends Shape>(name: string, maxBytes: number, shape: S): Message<StaticShape<S>> {
  const slots = slotsOf(name, shape);
  return build(
    name,
    maxBytes,
    slots,
    () => slots.map((slot) => `  ${fieldLine(slot)}`).join('\n'),
    (value) => value as Record<string, unknown>,
    (fields) => fields as StaticShape<S>,
  );
}

type Variants = Readonly<Record<string, readonly [number: number, type: Message<object>]>>;
/** One of several messages; `kind` names which, its fields stand beside it. */
export type StaticUnion<V extends Variants> = {
  [K in keyof V & string]: Flat<{ readonly kind: K } & (V[K][1] extends Message<infer T> ? T : never)>;
}[keyof V & string];

/**
 * Declares a message that is exactly one of several: a proto3 `oneof`.
 *
 * @example
 * const Frame = union('Frame', 8192, { chunk: [1, Chunk], end: [2, End] });
 * // { kind: 'chunk', index, tokenIds } | { kind: 'end', … }
 */
export function union<const V extends Variants>(name: string, maxBytes: number, variants: V): Message<StaticUnion<V>> {
  const slots = slotsOf(name, Object.fromEntries(Object.entries(variants).map(([key, [number, type]]) => [key, [number, optional(type)]])));
  const keys = slots.map((slot) => slot.key);
  return build<StaticUnion<V>>(
    name,
    maxBytes,
    slots,
    () => ['  oneof frame {', ...slots.map((slot) => `    ${slot.type.proto} ${snake(slot.key)} = ${slot.number};`), '  }'].join('\n'),
    (value) => {
      if (!keys.includes(value.kind)) throw protocolError('WIRE_VALUE', `${name} has no ${value.kind}`);
      return { [value.kind]: value };
    },
    (fields) => {
      const [kind, ...more] = Object.keys(fields);
      if (kind === undefined || more.length > 0) throw malformed(`${name} is exactly one of ${keys.join(', ')}`);
      return { kind, ...(fields[kind] as object) } as StaticUnion<V>;
    },
  );
}
