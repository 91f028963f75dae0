import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maskLogits } from '../../../../src/inference/grammar/grammar.ts';
import { GRAMMAR_STATES_KEPT } from '../../../../src/inference/grammar/limits.ts';
import { isCoded } from '../../../../src/util/errors.ts';
import { END, grammarOf, has, members, TOKENS, tokenOf } from './support.ts';

const SHORT = { type: 'string', maxLength: 1 };

describe('grammar over a vocabulary', () => {
  it('allows a token exactly when all its bytes may follow', () => {
    const schema = { type: 'object', properties: { name: { type: 'string', maxLength: 3 }, n: { type: 'integer' } }, required: ['name'] };
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (choices) => {
        const [whole, single] = [grammarOf(schema).matcher(), grammarOf(schema)];
        const bytes: number[] = [];
        const endsAt = (extra: Uint8Array): boolean => {
          const matcher = single.matcher();
          return [...bytes, ...extra].every((byte) => {
            const isAllowed = has(matcher.allowed(), byte);
            matcher.push(byte);
            return isAllowed;
          });
        };
        for (const choice of choices) {
          const allowed = members(whole.allowed()).filter((token) => token !== END);
          for (const [token, spelled] of TOKENS.entries()) assert.equal(allowed.includes(token), endsAt(spelled), `${token}`);
          if (allowed.length === 0) return;
          const token = allowed[choice % allowed.length] as number;
          bytes.push(...(TOKENS[token] as Uint8Array));
          whole.push(token);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('allows the end token when the value is complete, and nothing else when nothing can follow', () => {
    const number = grammarOf({ type: 'integer' }).matcher();
    assert.ok(!has(number.allowed(), END));
    number.push(tokenOf(Buffer.from('12')));
    assert.ok(has(number.allowed(), END) && has(number.allowed(), 0x33));
    const closed = grammarOf(SHORT).matcher();
    for (const byte of Buffer.from('"x"')) closed.push(byte);
    assert.deepEqual(members(closed.allowed()), [END]);
  });

  it('takes a character that lies across tokens', () => {
    const matcher = grammarOf(SHORT).matcher();
    matcher.push(0x22);
    const [head, tail] = [tokenOf(Buffer.from('😀').subarray(0, 2)), tokenOf(Buffer.from('😀').subarray(1, 4))];
    assert.ok(has(matcher.allowed(), head) && !has(matcher.allowed(), tail));
    matcher.push(0xf0);
    assert.ok(has(matcher.allowed(), tail) && !has(matcher.allowed(), head));
    matcher.push(tail);
    assert.deepEqual(members(matcher.allowed()), [0x22]);
  });

  it('asks for nothing after an end token and after a token that was not allowed', () => {
    for (const token of [END, 0x41]) {
      const matcher = grammarOf(SHORT).matcher();
      matcher.push(token);
      assert.equal(matcher.allowed(), undefined);
    }
  });

  it('forgets states past its bound, and allows the same afterwards', () => {
    const grammar = grammarOf({ type: 'string', maxLength: 3 * GRAMMAR_STATES_KEPT });
    const [old, fresh] = [grammar.matcher(), grammar.matcher()];
    old.push(0x22);
    const before = members(old.allowed());
    fresh.push(0x22);
    for (let i = 0; i < 2 * GRAMMAR_STATES_KEPT; i++) fresh.push(0x61);
    assert.deepEqual(members(old.allowed()), before);
    old.push(0x61);
    assert.deepEqual(members(old.allowed()), before);
    const again = grammar.matcher();
    again.push(0x22);
    assert.deepEqual(members(again.allowed()), before);
  });

  it('GRAMMAR_TOO_LARGE when too many ways stay open side by side', () => {
    const wide = { anyOf: Array.from({ length: 600 }, (_, i) => ({ type: 'array', prefixItems: [{ const: i }] })) };
    assert.throws(
      () => grammarOf(wide).matcher().allowed(),
      (error) => isCoded(error, 'GRAMMAR_TOO_LARGE'),
    );
  });

  it('masks logits: −∞ outside the set, the same bits inside', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.func(fc.boolean()), (length, isIn) => {
        const logits = Float32Array.from({ length }, (_, i) => Math.fround(i / 7 - 3));
        const set = new Uint32Array(Math.ceil(length / 32));
        for (let i = 0; i < length; i++) if (isIn(i)) set[i >>> 5] = ((set[i >>> 5] as number) | (1 << (i & 31))) >>> 0;
        assert.deepEqual(
          [...maskLogits(logits, set)],
          [...logits].map((logit, i) => (isIn(i) ? logit : Number.NEGATIVE_INFINITY)),
        );
      }),
    );
    const all = new Uint32Array(2).fill(0xffff_ffff);
    assert.deepEqual(maskLogits(Float32Array.of(1, 2), all), Float32Array.of(1, 2));
    assert.equal(maskLogits(new Float32Array(100), all)[64], Number.NEGATIVE_INFINITY);
  });
});
