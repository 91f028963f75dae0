import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatHex, keccak256 } from 'viem';
import { EMPTY_ROOT, OutputTree, outputLeaf, outputRoot, verifyOutputProof } from '../../../src/crypto/merkle.ts';
import type { Hex } from '../../../src/types/index.ts';

const outputs = fc.array(fc.record({ token: fc.nat({ max: 0xffff_ffff }), sketch: fc.uint8Array({ minLength: 32, maxLength: 32 }) }), {
  minLength: 1,
  maxLength: 70,
});
const at = <T>(items: readonly T[], index: number): T => items[index] as T;

/** The definition, level by level. */
function plainRoot(leaves: readonly Hex[]): Hex {
  if (leaves.length === 1) return at(leaves, 0);
  const next: Hex[] = [];
  for (let i = 0; i < leaves.length; i += 2) {
    next.push(i + 1 < leaves.length ? keccak256(concatHex(['0x01', at(leaves, i), at(leaves, i + 1)])) : at(leaves, i));
  }
  return plainRoot(next);
}

describe('crypto/merkle', () => {
  it('the root is that of the definition after every token', () => {
    fc.assert(
      fc.property(outputs, (items) => {
        const tree = new OutputTree();
        assert.equal(tree.root(), EMPTY_ROOT);
        const leaves: Hex[] = [];
        for (const [i, { token, sketch }] of items.entries()) {
          tree.push(token, sketch);
          leaves.push(outputLeaf(i, token, sketch));
          assert.equal(tree.root(), plainRoot(leaves));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('every token opens against the root, and nothing else does', () => {
    fc.assert(
      fc.property(outputs, fc.nat(), (items, pick) => {
        const tree = new OutputTree();
        for (const { token, sketch } of items) tree.push(token, sketch);
        const root = outputRoot(
          items.map((item) => item.token),
          items.map((item) => item.sketch),
        );
        assert.equal(tree.root(), root);
        const index = pick % items.length;
        const { token, sketch } = at(items, index);
        const proof = tree.proof(index);
        const size = items.length;
        assert.ok(verifyOutputProof(root, size, index, token, sketch, proof));
        assert.ok(!verifyOutputProof(root, size, index, (token + 1) >>> 0, sketch, proof));
        assert.ok(!verifyOutputProof(root, size, index + 1, token, sketch, proof));
        assert.ok(
          !verifyOutputProof(
            root,
            size,
            index,
            token,
            Uint8Array.from(sketch, (byte) => byte ^ 1),
            proof,
          ),
        );
        assert.ok(!verifyOutputProof(root, size, index, token, sketch, [...proof, { left: false, hash: root }]));
        if (proof.length > 0) assert.ok(!verifyOutputProof(root, size, index, token, sketch, proof.slice(1)));
      }),
      { numRuns: 100 },
    );
  });

  it('RangeError for a token that is not there and for counts that differ', () => {
    assert.throws(() => new OutputTree().proof(0), RangeError);
    assert.throws(() => outputRoot([1], []), RangeError);
  });
});
