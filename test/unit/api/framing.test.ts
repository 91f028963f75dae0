import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MessageSplitter } from '../../../src/api/rpc/framing.ts';

const splitAll = (chunks: Buffer[], bytesMax = 10_000): string[] => {
  const splitter = new MessageSplitter(bytesMax);
  const messages = chunks.flatMap((chunk) => splitter.push(chunk));
  const rest = splitter.rest();
  return rest === '' ? messages : [...messages, rest];
};

describe('api/rpc/framing', () => {
  it('gives the same messages however the bytes are cut, with newlines or without', () => {
    const message = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    const separator = fc.constantFrom('', '\n', '\r\n', ' \n\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(message, separator)), fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (parts, sizes) => {
        const bytes = Buffer.from(parts.map(([value, end]) => JSON.stringify(value) + end).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(
          splitAll(chunks, 1_000_000),
          parts.map(([value]) => JSON.stringify(value)),
        );
      }),
    );
  });

  it('a newline ends garbage, so that the next line is read', () => {
    assert.deepEqual(splitAll([Buffer.from('{"a": [\n{"b":1}\nword\n')]), ['{"a": [', '{"b":1}', 'word']);
  });

  it('RPC_MESSAGE_TOO_LARGE as soon as the bound is passed, in one chunk or many', () => {
    const splitter = new MessageSplitter(10);
    assert.deepEqual(splitter.push(Buffer.from('"12345')), []);
    assert.throws(() => splitter.push(Buffer.from('67890')), { code: 'RPC_MESSAGE_TOO_LARGE' });
    assert.throws(() => new MessageSplitter(10).push(Buffer.from('{"a":"1234567"}')), { code: 'RPC_MESSAGE_TOO_LARGE' });
  });
});
