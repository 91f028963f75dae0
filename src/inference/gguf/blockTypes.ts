import { bf16ToF32, f16ToF32 } from '../halfFloat.ts';

/** How a GGUF tensor type stores numbers: blocks of `numbers` weights in `bytes` bytes. */
export interface BlockType {
  readonly name: string;
  readonly numbers: number;
  readonly bytes: number;
  /** Widens whole blocks, bit for bit as the `gguf` Python package does (gguf/quants.py). `data` begins at a multiple of 4 bytes. */
  widen(data: Uint8Array): Float32Array;
}

/** ggml's type ids (ggml.h) → types that are read. */
export function blockTypeOf(id: number): BlockType | undefined {
  return Object.hasOwn(TYPES, id) ? TYPES[id] : undefined;
}

/** The widening of each block by itself: block's first byte, place of its first number. */
type Widen = (data: Uint8Array, at: number, out: Float32Array, to: number) => void;

function blocks(name: string, numbers: number, bytes: number, widen: Widen): BlockType {
  return {
    name,
    numbers,
    bytes,
    widen(data) {
      const count = data.length / bytes;
      const out = new Float32Array(count * numbers);
      for (let block = 0; block < count; block++) widen(data, block * bytes, out, block * numbers);
      return out;
    },
  };
}

const halves = new Uint16Array(65_536).map((_, bits) => bits);
let halfTable: Float32Array | undefined;

function f16(data: Uint8Array, at: number): number {
  halfTable ??= f16ToF32(halves);
  return halfTable[(data[at] as number) | ((data[at + 1] as number) << 8)] as number;
}

const u16 = (data: Uint8Array): Uint16Array => new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
const byte = (data: Uint8Array, at: number): number => data[at] as number;
const signed = (value: number): number => (value << 24) >> 24;

/** 32 numbers of 4 bits: the low halves are the first 16. `high` gives a fifth bit. */
const nibbles =
  (first: number, number: (nibble: number, data: Uint8Array, at: number, i: number) => number): Widen =>
  (data, at, out, to) => {
    for (let i = 0; i < 32; i++) {
      const nibble = (byte(data, at + first + (i & 15)) >> (i < 16 ? 0 : 4)) & 15;
      out[to + i] = number(nibble, data, at, i);
    }
  };
const fifth = (data: Uint8Array, at: number, i: number): number => ((byte(data, at + (i >> 3)) >> (i & 7)) & 1) << 4;

/** Scales and minima of the 8 parts of a K block: 6 bits each in 12 bytes. */
function kScale(data: Uint8Array, at: number, part: number): [scale: number, least: number] {
  if (part < 4) return [byte(data, at + part) & 63, byte(data, at + 4 + part) & 63];
  const both = byte(data, at + 4 + part);
  return [(both & 15) | ((byte(data, at + part - 4) >> 2) & 48), (both >> 4) | ((byte(data, at + part) >> 2) & 48)];
}

/** Q4_K and Q5_K: d, dmin, 12 bytes of scales, (32 bytes of fifth bits,) 128 bytes of halves. */
const kBlock =
  (quants: number, highBits: number | undefined): Widen =>
  (data, at, out, to) => {
    const [d, least] = [f16(data, at), f16(data, at + 2)];
    for (let part = 0; part < 8; part++) {
      const [scale, minimum] = kScale(data, at + 4, part);
      const [factor, offset] = [d * scale, least * minimum];
      for (let i = 0; i < 32; i++) {
        const low = (byte(data, at + quants + 32 * (part >> 1) + i) >> (4 * (part & 1))) & 15;
        const high = highBits === undefined ? 0 : ((byte(data, at + highBits + i) >> part) & 1) << 4;
        out[to + 32 * part + i] = factor * (low | high) - offset;
      }
    }
  };

const TYPES: Readonly<Record<number, BlockType>> = {
  0: { name: 'F32', numbers: 1, bytes: 4, widen: (data) => new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4) },
  1: { name: 'F16', numbers: 1, bytes: 2, widen: (data) => f16ToF32(u16(data)) },
  30: { name: 'BF16', numbers: 1, bytes: 2, widen: (data) => bf16ToF32(u16(data)) },
  2: blocks(
    'Q4_0',
    32,
    18,
    nibbles(2, (q, data, at) => f16(data, at) * (q - 8)),
  ),
  3: blocks(
    'Q4_1',
    32,
    20,
    nibbles(4, (q, data, at) => f16(data, at) * q + f16(data, at + 2)),
  ),
  6: blocks(
    'Q5_0',
    32,
    22,
    nibbles(6, (q, data, at, i) => f16(data, at) * ((q | fifth(data, at + 2, i)) - 16)),
  ),
  7: blocks(
    'Q5_1',
    32,
    24,
    nibbles(8, (q, data, at, i) => f16(data, at) * (q | fifth(data, at + 4, i)) + f16(data, at + 2)),
  ),
  8: blocks('Q8_0', 32, 34, (data, at, out, to) => {
    for (let i = 0; i < 32; i++) out[to + i] = signed(byte(data, at + 2 + i)) * f16(data, at);
  }),
  12: blocks('Q4_K', 256, 144, kBlock(16, undefined)),
  13: blocks('Q5_K', 256, 176, kBlock(48, 16)),
  // 128 bytes of low halves, 64 of high pairs, 16 signed scales, d.
  14: blocks('Q6_K', 256, 210, (data, at, out, to) => {
    const d = f16(data, at + 208);
    for (let i = 0; i < 256; i++) {
      const [half, within] = [i >> 7, i & 127];
      const low = (byte(data, at + 64 * half + (within & 63)) >> (within < 64 ? 0 : 4)) & 15;
      const high = (byte(data, at + 128 + 32 * half + (within & 31)) >> (2 * (within >> 5))) & 3;
      out[to + i] = d * signed(byte(data, at + 192 + (i >> 4))) * ((low | (high << 4)) - 32);
    }
  }),
};
