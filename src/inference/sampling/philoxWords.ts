import { MULTIPLIERS, philox, ROUNDS, WEYL } from './philox.ts';

/** WebAssembly opcodes (https://webassembly.github.io/spec/core/binary/instructions.html). */
const OP = { block: 0x02, loop: 0x03, end: 0x0b, br: 0x0c, brIf: 0x0d, get: 0x20, set: 0x21, const: 0x41, eqz: 0x45, add: 0x6a } as const;
const SIMD = { store: 11, const: 12, shuffle: 13, splat: 17, xor: 81, add: 174, multiplyLow: 222, multiplyHigh: 223 } as const;
const [I32, V128, FUNCTION, NOTHING] = [0x7f, 0x7b, 0x60, 0x40];
const LANES = 4;
/** Four counters give four words each. */
const GROUP_WORDS = 4 * LANES;
const GROUP_BYTES = 4 * GROUP_WORDS;
const PAGE_BYTES = 65_536;
/** Both halves of two times two 64-bit products: lanes of the first operand are 0–3, of the second 4–7. */
const [HIGH_HALVES, LOW_HALVES] = [
  [1, 3, 5, 7],
  [0, 2, 4, 6],
] as const;

type Lanes = readonly [number, number, number, number];
/** The part of the global that is used here; the compiler's libraries have it for browsers only. */
declare const WebAssembly: {
  validate(code: Uint8Array): boolean;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Native {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  fill(groups: number, key0: number, key1: number): void;
}

let native: Native | null | undefined;
let portable = new Uint32Array();

/**
 * The words of the counters (0, 0, 0, 0), (1, 0, 0, 0), … under a key, four of each, as {@link philox} gives them one by one: in SIMD where the
 * processor has it, which is some ten times faster. The view holds until the next call.
 *
 * @param count words wanted, ≥ 0
 */
export function philoxWords(count: number, key0: number, key1: number): Uint32Array {
  const groups = Math.ceil(count / GROUP_WORDS);
  native ??= instantiate();
  if (native === null) return fillPortable(groups, key0, key1).subarray(0, count);
  const pages = Math.ceil((groups * GROUP_BYTES - native.memory.buffer.byteLength) / PAGE_BYTES);
  if (pages > 0) native.memory.grow(pages);
  native.fill(groups, key0, key1);
  return new Uint32Array(native.memory.buffer, 0, count);
}

function fillPortable(groups: number, key0: number, key1: number): Uint32Array {
  if (portable.length < groups * GROUP_WORDS) portable = new Uint32Array(groups * GROUP_WORDS);
  for (let counter = 0; counter < groups * LANES; counter++) philox(counter, 0, 0, 0, key0, key1, portable.subarray(4 * counter));
  return portable;
}

/** Null where WebAssembly has no SIMD. */
function instantiate(): Native | null {
  const code = moduleBytes();
  return WebAssembly.validate(code) ? (new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Native) : null;
}

/** A module of one function, written opcode by opcode: four counters go through all rounds side by side, one in each lane. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [groups, key0, key1, at] = [0, 1, 2, 3];
  let next = 4;
  const vector = (): number => next++;
  const x = [vector(), vector(), vector(), vector()] as const;
  const [low, high, counters] = [vector(), vector(), vector()];
  const multipliers = [vector(), vector()] as const;
  const halves = [
    { high: vector(), low: vector() },
    { high: vector(), low: vector() },
  ] as const;
  const keys = Array.from({ length: ROUNDS }, () => [vector(), vector()] as const);
  const [ab, cd] = [vector(), vector()];
  const set = (to: number, ...code: number[]): number[] => [...code, OP.set, to];
  const get = (...locals: number[]): number[] => locals.flatMap((local) => [OP.get, local]);
  const add = (to: number, amount: number): number[] => set(to, ...get(to), OP.const, ...leb(amount), OP.add);

  const multiply = (from: number, by: 0 | 1): number[] => [
    ...set(low, ...get(from, multipliers[by]), ...simd(SIMD.multiplyLow)),
    ...set(high, ...get(from, multipliers[by]), ...simd(SIMD.multiplyHigh)),
    ...set(halves[by].high, ...get(low, high), ...shuffle(HIGH_HALVES)),
    ...set(halves[by].low, ...get(low, high), ...shuffle(LOW_HALVES)),
  ];
  const xor = (a: number, b: number, c: number): number[] => [...get(a, b), ...simd(SIMD.xor), ...get(c), ...simd(SIMD.xor)];
  const round = ([k0, k1]: readonly [number, number]): number[] => [
    ...multiply(x[0], 0),
    ...multiply(x[2], 1),
    ...set(x[0], ...xor(halves[1].high, x[1], k0)),
    ...set(x[2], ...xor(halves[0].high, x[3], k1)),
    ...set(x[1], ...get(halves[1].low)),
    ...set(x[3], ...get(halves[0].low)),
  ];
  /** Two lanes of each word become two counters' four words. */
  const write = (lanes: Lanes, offset: number): number[] => [
    ...set(ab, ...get(x[0], x[1]), ...shuffle(lanes)),
    ...set(cd, ...get(x[2], x[3]), ...shuffle(lanes)),
    ...[...get(at, ab, cd), ...shuffle([0, 1, 4, 5]), ...simd(SIMD.store), LANES, offset],
    ...[...get(at, ab, cd), ...shuffle([2, 3, 6, 7]), ...simd(SIMD.store), LANES, offset + 16],
  ];
  const roundKey = (key: number, weyl: number, index: number): number[] => [
    ...[...get(key), OP.const, ...leb(Math.imul(weyl, index)), OP.add],
    ...simd(SIMD.splat),
  ];
  const body = [
    ...set(counters, ...lanes([0, 1, 2, 3])),
    ...multipliers.flatMap((local, i) => set(local, ...lanes(new Array(LANES).fill(MULTIPLIERS[i])))),
    ...keys.flatMap(([k0, k1], i) => [...set(k0, ...roundKey(key0, WEYL[0], i)), ...set(k1, ...roundKey(key1, WEYL[1], i))]),
    ...[OP.block, NOTHING, OP.loop, NOTHING, ...get(groups), OP.eqz, OP.brIf, 1],
    ...set(x[0], ...get(counters)),
    ...[x[1], x[2], x[3]].flatMap((local) => set(local, ...lanes([0, 0, 0, 0]))),
    ...keys.flatMap(round),
    ...write([0, 4, 1, 5], 0),
    ...write([2, 6, 3, 7], 32),
    ...set(counters, ...get(counters), ...lanes([4, 4, 4, 4]), ...simd(SIMD.add)),
    ...add(at, GROUP_BYTES),
    ...add(groups, -1),
    ...[OP.br, 0, OP.end, OP.end, OP.end],
  ];
  const locals = [2, 1, I32, next - 4, V128];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, FUNCTION, 3, I32, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...text('memory'), 2, 0, ...text('fill'), 0, 0]),
    ...section(10, [1, ...sized([...locals, ...body])]),
  ]);
}

const sized = (bytes: readonly number[]): number[] => [...unsignedLeb(bytes.length), ...bytes];
const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)];
const text = (value: string): number[] => sized([...Buffer.from(value)]);
const simd = (code: number): number[] => [0xfd, ...unsignedLeb(code)];
const shuffle = (chosen: Lanes): number[] => [
  ...simd(SIMD.shuffle),
  ...chosen.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
];
const lanes = (values: readonly number[]): number[] => [...simd(SIMD.const), ...new Uint8Array(Uint32Array.from(values).buffer)];

function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

/** A signed 32-bit number. */
function leb(value: number): number[] {
  const rest = value >> 7;
  const isLast = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0);
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...leb(rest)];
}
