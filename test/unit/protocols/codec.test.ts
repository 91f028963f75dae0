import assert from 'node:assert/strict';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { protoFiles } from '../../../scripts/genProtocols.ts';
import { peerIdOfKey } from '../../../src/crypto/peerId.ts';
import { type Message, message, optional, repeated, union } from '../../../src/protocols/codec/message.ts';
import {
  bool,
  bytes,
  type Declared,
  fixed,
  oneName,
  packedF32,
  packedU32,
  peerId,
  text,
  u32,
  u64,
  u128,
  u256,
} from '../../../src/protocols/codec/types.ts';
import { EnvelopeMessage } from '../../../src/protocols/envelope.ts';
import { STREAMS, TOPICS } from '../../../src/protocols/registry.ts';
import type { Hex } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';

const Inner = message('Inner', 64, { label: [1, text(16)], hash: [2, fixed(4)] });
const Sample = message('Sample', 4_096, {
  small: [1, u32],
  big: [2, u64],
  flag: [3, bool],
  name: [4, text(32)],
  blob: [5, bytes(64)],
  hash: [6, fixed(32)],
  price: [7, u128],
  amount: [8, u256],
  peer: [9, peerId],
  ids: [10, packedU32(50)],
  kind: [11, oneName('Colour', ['red', 'darkBlue'])],
  inner: [12, Inner],
  many: [13, repeated(Inner, 4)],
  labels: [14, repeated(text(8), 3)],
  maybe: [15, optional(u32)],
  floats: [16, packedF32(9)],
  maybeInner: [2_000, optional(Inner)],
});
const Either = union('Either', 8_192, { sample: [1, Sample], inner: [2, Inner] });

const shortText = (max: number) => fc.string({ unit: 'grapheme', maxLength: max }).filter((value) => Buffer.byteLength(value) <= max);
const hexOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value): Hex => `0x${Buffer.from(value).toString('hex')}`);
const inner = fc.record({ label: shortText(16), hash: hexOf(4) }, { noNullPrototype: true });
const sample = fc.record(
  {
    small: fc.nat({ max: 0xffff_ffff }),
    big: fc.maxSafeNat(),
    flag: fc.boolean(),
    name: shortText(32),
    blob: fc.uint8Array({ maxLength: 64 }),
    hash: hexOf(32),
    price: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
    amount: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
    peer: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOfKey),
    ids: fc.uint32Array({ maxLength: 50 }),
    kind: fc.constantFrom('red' as const, 'darkBlue' as const),
    inner,
    many: fc.array(inner, { maxLength: 4 }),
    labels: fc.array(shortText(8), { maxLength: 3 }),
    maybe: fc.nat({ max: 0xffff_ffff }),
    floats: fc.float32Array({ maxLength: 9, noNaN: true }),
    maybeInner: inner,
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      'small',
      'big',
      'flag',
      'name',
      'blob',
      'hash',
      'price',
      'amount',
      'peer',
      'ids',
      'kind',
      'inner',
      'many',
      'labels',
      'floats',
    ],
  },
);

function parsed(...declared: Declared[]): protobuf.Root {
  const blocks = new Map<string, string>();
  const visit = (item: Declared): void => {
    item.uses().forEach(visit);
    blocks.set(item.name, item.block());
  };
  declared.forEach(visit);
  return protobuf.parse(`syntax = "proto3";\n${[...blocks.values()].join('\n')}`).root;
}
const root = parsed(Either);
const peerType = root.lookupType('Sample');
const code = (expected: string) => (error: unknown) => isCoded(error, expected);
const tag = (number: number, wire: number): number => number * 8 + wire;
const ALL: readonly Message<unknown>[] = [
  EnvelopeMessage,
  ...Object.values(TOPICS).map((topic) => topic.message),
  ...Object.values(STREAMS).flatMap((stream) => [stream.up, stream.down]),
] as readonly Message<unknown>[];

describe('protocols/codec', () => {
  it('what is encoded is decoded', () => {
    fc.assert(
      fc.property(sample, (value) => {
        assert.deepEqual(Sample.decode(Sample.encode(value)), value);
        assert.deepEqual(Either.decode(Either.encode({ ...value, kind: 'inner', label: 'x', hash: '0x01020304' })), {
          kind: 'inner',
          label: 'x',
          hash: '0x01020304',
        });
      }),
    );
  });

  it('protobufjs reads the .proto text, decodes our bytes, and encodes to the same bytes', () => {
    fc.assert(
      fc.property(sample, (value) => {
        const encoded = Sample.encode(value);
        const theirs = peerType.decode(encoded);
        assert.deepEqual(Buffer.from(peerType.encode(theirs).finish()), Buffer.from(encoded));
        const object = peerType.toObject(theirs, { longs: String, defaults: true });
        assert.equal(object.small, value.small);
        assert.equal(object.big, String(value.big));
        assert.equal(object.name, value.name);
        assert.deepEqual(object.ids, [...value.ids]);
        assert.deepEqual(object.floats, [...value.floats]);
        assert.equal(object.inner.label, value.inner.label);
        assert.equal(object.many.length, value.many.length);
        assert.equal('maybe' in object && object.maybe !== undefined ? object.maybe : undefined, value.maybe);
      }),
    );
  });

  it('the generated .proto files parse together', () => {
    const all = new protobuf.Root();
    for (const [name, content] of protoFiles()) protobuf.parse(content, all, { keepCase: false }).root.name = name;
    all.resolveAll();
    for (const item of ALL) assert.ok(all.lookupType(`cortensord.v1.${item.name}`).fieldsArray.length > 0, item.name);
  });

  it('random bytes never throw anything but WIRE_MALFORMED and WIRE_TOO_LARGE', () => {
    const allowed = new Set(['WIRE_MALFORMED', 'WIRE_TOO_LARGE']);
    fc.assert(
      fc.property(fc.constantFrom(...ALL, Sample, Either), fc.uint8Array({ maxLength: 400 }), (item, data) => {
        try {
          (item as Message<unknown>).decode(data);
        } catch (error) {
          assert.ok(isCoded(error) && allowed.has(error.code), String(error));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('a message with one byte changed never throws anything else either', () => {
    fc.assert(
      fc.property(sample, fc.nat(), fc.nat({ max: 255 }), (value, position, byte) => {
        const data = Uint8Array.from(Sample.encode(value));
        data[position % data.length] = byte;
        try {
          Sample.decode(data);
        } catch (error) {
          assert.ok(isCoded(error), String(error));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('fields may come in any order, and unknown ones are passed over', () => {
    const encoded = Inner.encode({ label: 'ab', hash: '0x01020304' });
    const label = encoded.subarray(0, 4);
    const hash = encoded.subarray(4);
    const unknown = [tag(3, 0), 0xff, 0x01, tag(4, 1), 1, 2, 3, 4, 5, 6, 7, 8, tag(5, 2), 2, 9, 9, tag(6, 5), 1, 2, 3, 4];
    assert.deepEqual(Inner.decode(Uint8Array.from([...hash, ...unknown, ...label])), { label: 'ab', hash: '0x01020304' });
  });

  it('WIRE_TOO_LARGE before anything is read, and before a list or a byte string is made', () => {
    assert.throws(() => Inner.decode(new Uint8Array(65)), code('WIRE_TOO_LARGE'));
    assert.throws(() => Sample.decode(Uint8Array.from([tag(5, 2), 65])), code('WIRE_TOO_LARGE'));
    assert.throws(() => Sample.decode(Uint8Array.from([tag(10, 2), 51, ...new Array(51).fill(1)])), code('WIRE_TOO_LARGE'));
    assert.throws(() => Sample.decode(Uint8Array.from([tag(10, 2), 0xff, 0xff, 0xff, 0x7f])), code('WIRE_TOO_LARGE'));
    const label = [tag(14, 2), 1, 0x61];
    assert.throws(() => Sample.decode(Uint8Array.from([label, label, label, label].flat())), code('WIRE_TOO_LARGE'));
  });

  it('WIRE_MALFORMED for what strict decoding refuses', () => {
    const hash = [tag(2, 2), 4, 1, 2, 3, 4];
    const cases: Record<string, number[]> = {
      'field number 0': [0, 0],
      'a group': [tag(7, 3)],
      'a wrong wire type': [...hash, tag(1, 0), 1],
      'a singular field twice': [...hash, ...hash],
      'a required field missing': [],
      'a fixed field that is short': [tag(2, 2), 3, 1, 2, 3],
      'a value that is cut off': [...hash, tag(1, 2), 5, 0x61],
      'a varint that is cut off': [0x80],
      'a tag that is longer than it needs to be': [0x92, 0x00, 4, 1, 2, 3, 4],
      'an unknown varint of 11 bytes': [...hash, tag(9, 0), ...new Array(10).fill(0x80), 1],
      'a number above 2^53 − 1': [...hash, tag(1, 2), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    };
    for (const [name, data] of Object.entries(cases))
      assert.throws(() => Inner.decode(Uint8Array.from(data)), code('WIRE_MALFORMED'), name);
    const wrong: number[][] = [
      [tag(3, 0), 2],
      [tag(11, 0), 3],
      [tag(11, 0), 0],
      [tag(7, 2), 2, 0, 1],
      [tag(10, 2), 1, 0x80],
      [tag(1, 0), 0xff, 0xff, 0xff, 0xff, 0x1f],
    ];
    for (const data of wrong) assert.throws(() => Sample.decode(Uint8Array.from(data)), code('WIRE_MALFORMED'), data.join(' '));
    assert.throws(() => Either.decode(new Uint8Array(0)), code('WIRE_MALFORMED'));
  });

  it('WIRE_VALUE and WIRE_TOO_LARGE for values that do not fit', () => {
    const good = { label: 'a', hash: '0x01020304' } as const;
    assert.throws(() => Inner.encode({ ...good, hash: '0x01' }), code('WIRE_VALUE'));
    assert.throws(() => Inner.encode({ ...good, hash: '0x0102030g' }), code('WIRE_VALUE'));
    assert.throws(() => Inner.encode({ ...good, label: 'x'.repeat(17) }), code('WIRE_TOO_LARGE'));
    assert.throws(() => Inner.encode({ label: 'x' } as never), code('WIRE_VALUE'));
    const numbers = message('Numbers', 64, { a: [1, u32], b: [2, u128] });
    for (const a of [-1, 1.5, 2 ** 32, Number.NaN]) assert.throws(() => numbers.encode({ a, b: 0n }), code('WIRE_VALUE'));
    for (const b of [-1n, 1n << 128n]) assert.throws(() => numbers.encode({ a: 0, b }), code('WIRE_VALUE'));
  });
});
