/** Field types of messages. Each states its bounds once; reading enforces them before it allocates. */
import { isEd25519PeerId, peerIdFromBytes, peerIdToBytes } from '../../crypto/peerId.ts';
import type { Address, Hex } from '../../types/index.ts';
import { protocolError } from '../errors.ts';
import { malformed, Reader, tooLarge, WIRE_BYTES, WIRE_VARINT, type Writer } from './wire.ts';

/** How a value of type T stands on the wire. Methods (not properties) keep it assignable to `FieldType<unknown>`. */
export interface FieldType<T> {
  readonly wire: typeof WIRE_VARINT | typeof WIRE_BYTES;
  /** Type name in the .proto text. */
  readonly proto: string;
  /** Bounds, as a comment in the .proto text. */
  readonly note?: string;
  /** Value of an absent field, made anew each time; without it the field is required. */
  absent?(): T;
  /** True when the value is left out of the encoding. */
  omit(value: T): boolean;
  /** Writes the value after its tag. @throws WIRE_VALUE, WIRE_TOO_LARGE */
  write(writer: Writer, value: T): void;
  /** @throws WIRE_MALFORMED, WIRE_TOO_LARGE */
  read(reader: Reader): T;
  /** A message or enum that the .proto text must declare as well. */
  readonly declares?: Declared;
}

/** Something with its own block in the .proto text. */
export interface Declared {
  readonly name: string;
  block(): string;
  uses(): readonly Declared[];
}

const badValue = (message: string) => protocolError('WIRE_VALUE', message);

function uintType(proto: string, max: number): FieldType<number> {
  return {
    wire: WIRE_VARINT,
    proto,
    ...(proto === 'uint64' ? { note: 'at most 2^53 - 1' } : {}),
    absent: () => 0,
    omit: (value) => value === 0,
    write(writer, value) {
      if (!Number.isInteger(value) || value < 0 || value > max) throw badValue(`${value} is not an integer from 0 to ${max}`);
      writer.varint(value);
    },
    read(reader) {
      const value = reader.varint();
      if (value > max) throw malformed(`${value} is above ${max}`);
      return value;
    },
  };
}

export const u32: FieldType<number> = uintType('uint32', 0xffff_ffff);
/** Times (unix ms), counters and epochs: safe integers. */
export const u64: FieldType<number> = uintType('uint64', Number.MAX_SAFE_INTEGER);

/** −2³¹ … 2³¹ − 1, zigzag. */
export const s32: FieldType<number> = {
  wire: WIRE_VARINT,
  proto: 'sint32',
  absent: () => 0,
  omit: (value) => value === 0,
  write(writer, value) {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff) throw badValue(`${value} is not an integer of 32 bits`);
    writer.varint(value < 0 ? -2 * value - 1 : 2 * value);
  },
  read(reader) {
    const value = reader.varint();
    if (value > 0xffff_ffff) throw malformed(`${value} is above 32 bits`);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  },
};

export const bool: FieldType<boolean> = {
  wire: WIRE_VARINT,
  proto: 'bool',
  absent: () => false,
  omit: (value) => !value,
  write: (writer, value) => writer.varint(value ? 1 : 0),
  read(reader) {
    const value = reader.varint();
    if (value > 1) throw malformed('a bool is 0 or 1');
    return value === 1;
  },
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 of at most `maxBytes`. */
export function text(maxBytes: number): FieldType<string> {
  return {
    wire: WIRE_BYTES,
    proto: 'string',
    note: `at most ${maxBytes} bytes`,
    absent: () => '',
    omit: (value) => value === '',
    write(writer, value) {
      const encoded = Buffer.from(value, 'utf8');
      if (encoded.length > maxBytes) throw tooLarge('a string in bytes', encoded.length, maxBytes);
      writer.bytes(encoded);
    },
    read(reader) {
      const bytes = reader.bytes('a string', maxBytes);
      try {
        return utf8.decode(bytes);
      } catch {
        throw malformed('a string is not UTF-8');
      }
    },
  };
}

/** A byte string of at most `maxBytes`. Reading gives a copy. */
export function bytes(maxBytes: number): FieldType<Uint8Array> {
  return {
    wire: WIRE_BYTES,
    proto: 'bytes',
    note: `at most ${maxBytes} bytes`,
    absent: () => new Uint8Array(0),
    omit: (value) => value.length === 0,
    write(writer, value) {
      if (value.length > maxBytes) throw tooLarge('a byte string', value.length, maxBytes);
      writer.bytes(value);
    },
    read: (reader) => Uint8Array.from(reader.bytes('a byte string', maxBytes)),
  };
}

/** Exactly `length` bytes, as lower-case hex. Required. */
export function fixed<T extends Hex = Hex>(length: number): FieldType<T> {
  const form = new RegExp(`^0x[0-9a-fA-F]{${length * 2}}$`);
  return {
    wire: WIRE_BYTES,
    proto: 'bytes',
    note: `exactly ${length} bytes, required`,
    omit: () => false,
    write(writer, value) {
      if (!form.test(value)) throw badValue(`${value.slice(0, 80)} is not ${length} bytes of hex`);
      writer.bytes(Buffer.from(value.slice(2), 'hex'));
    },
    read(reader) {
      const view = reader.bytes('a fixed field', length);
      if (view.length !== length) throw malformed(`a fixed field has ${view.length} of ${length} bytes`);
      return hexOf(view) as T;
    },
  };
}

export const address: FieldType<Address> = fixed<Address>(20);
/** r ‖ s ‖ v of an EIP-712 signature. */
export const signature65: FieldType<Hex> = fixed(65);

/** An unsigned integer in minimal big-endian bytes: uint128 in 16, uint256 in 32. */
function uintBytes(maxBytes: number): FieldType<bigint> {
  const limit = 1n << BigInt(8 * maxBytes);
  return {
    wire: WIRE_BYTES,
    proto: 'bytes',
    note: `unsigned big-endian integer of at most ${maxBytes} bytes, no leading zero byte`,
    absent: () => 0n,
    omit: (value) => value === 0n,
    write(writer, value) {
      if (value < 0n || value >= limit) throw badValue(`${value} does not fit ${maxBytes} bytes`);
      const digits = value.toString(16);
      writer.bytes(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'));
    },
    read(reader) {
      const view = reader.bytes('an integer', maxBytes);
      if (view.length === 0) return 0n;
      if (view[0] === 0) throw malformed('an integer has a leading zero byte');
      return BigInt(hexOf(view));
    },
  };
}
export const u128: FieldType<bigint> = uintBytes(16);
export const u256: FieldType<bigint> = uintBytes(32);

/** Multihash bytes of an Ed25519 peer id; base58btc text in TypeScript. Required. */
export const peerId: FieldType<string> = {
  wire: WIRE_BYTES,
  proto: 'bytes',
  note: 'multihash of an Ed25519 peer id, 38 bytes, required',
  omit: () => false,
  write: (writer, value) => writer.bytes(peerIdToBytes(value)),
  read(reader) {
    const view = reader.bytes('a peer id', 38);
    if (!isEd25519PeerId(view)) throw malformed('a peer id is not that of an Ed25519 key');
    return peerIdFromBytes(view);
  },
};

/** At most `max` numbers in one packed field. */
export function packedU32(max: number): FieldType<Uint32Array> {
  return {
    wire: WIRE_BYTES,
    proto: 'repeated uint32',
    note: `packed, at most ${max}`,
    absent: () => new Uint32Array(0),
    omit: (value) => value.length === 0,
    write(writer, value) {
      if (value.length > max) throw tooLarge('a list of numbers', value.length, max);
      let size = 0;
      for (const item of value) size += item < 0x80 ? 1 : item < 0x4000 ? 2 : item < 0x20_0000 ? 3 : item < 0x1000_0000 ? 4 : 5;
      writer.varint(size);
      for (const item of value) writer.varint(item);
    },
    read(reader) {
      const view = reader.bytes('a list of numbers', max * 5);
      let count = 0;
      for (const byte of view) if (byte < 0x80) count++;
      if (count > max) throw tooLarge('a list of numbers', count, max);
      const values = new Uint32Array(count);
      const inner = new Reader(view);
      for (let i = 0; i < count; i++) {
        const value = inner.varint();
        if (value > 0xffff_ffff) throw malformed(`${value} is above 2^32 − 1`);
        values[i] = value;
      }
      if (!inner.done) throw malformed('a list of numbers is cut off');
      return values;
    },
  };
}

/** At most `max` f32 in one packed field, any bits: who reads them checks that they are numbers. */
export function packedF32(max: number): FieldType<Float32Array> {
  return {
    wire: WIRE_BYTES,
    proto: 'repeated float',
    note: `packed, at most ${max}`,
    absent: () => new Float32Array(0),
    omit: (value) => value.length === 0,
    write(writer, value) {
      if (value.length > max) throw tooLarge('a list of numbers', value.length, max);
      const packed = Buffer.alloc(value.length * 4);
      for (const [i, item] of value.entries()) packed.writeFloatLE(item, i * 4);
      writer.bytes(packed);
    },
    read(reader) {
      const view = reader.bytes('a list of numbers', max * 4);
      if (view.length % 4 !== 0) throw malformed('a list of numbers is cut off');
      const data = new DataView(view.buffer, view.byteOffset, view.byteLength);
      return Float32Array.from({ length: view.length / 4 }, (_, i) => data.getFloat32(i * 4, true));
    },
  };
}

/** One of a list of names; the first is 1 on the wire, 0 is never sent. Required. */
export function oneName<const N extends readonly string[]>(name: string, names: N): FieldType<N[number]> {
  const prefix = name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase();
  const block = () =>
    [
      `enum ${name} {`,
      `  ${prefix}_UNSPECIFIED = 0;`,
      ...names.map((item, i) => `  ${prefix}_${item.toUpperCase()} = ${i + 1};`),
      '}',
    ].join('\n');
  return {
    wire: WIRE_VARINT,
    proto: name,
    note: 'required',
    declares: { name, block, uses: () => [] },
    omit: () => false,
    write(writer, value) {
      const at = names.indexOf(value);
      if (at < 0) throw badValue(`${value} is none of ${names.join(', ')}`);
      writer.varint(at + 1);
    },
    read(reader) {
      const found = names[reader.varint() - 1];
      if (found === undefined) throw malformed(`an unknown ${name}`);
      return found;
    },
  };
}

function hexOf(view: Uint8Array): Hex {
  return `0x${Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex')}`;
}
