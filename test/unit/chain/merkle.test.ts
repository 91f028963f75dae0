import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { debitsHash, payoutLeaf, payoutTree, taskLeaf, taskTree, verifyProof } from '../../../src/chain/merkle.ts';
import type { Address, Hex, SessionId, TaskId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { sumTreeVectors } from '../../fixtures/trees/generate.ts';

const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;
const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hexOf);
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexOf(bytes) as Address);
const payouts = fc.uniqueArray(fc.record({ account: address, cumulative: fc.bigInt(1n, 10n ** 27n) }), {
  selector: (payout) => payout.account,
  minLength: 1,
  maxLength: 40,
});

describe('payoutTree', () => {
  it('proves every leaf and no other amount', () => {
    fc.assert(
      fc.property(payouts, (list) => {
        const tree = payoutTree(list);
        for (const { account, cumulative } of list) {
          const owed = tree.claimOf(account);
          assert.ok(owed);
          assert.equal(owed.cumulative, cumulative);
          const leaf = payoutLeaf(account, cumulative);
          assert.ok(verifyProof(tree, leaf, cumulative, owed));
          assert.ok(!verifyProof(tree, payoutLeaf(account, cumulative + 1n), cumulative + 1n, owed));
          assert.ok(!verifyProof(tree, leaf, cumulative + 1n, owed));
          assert.ok(!verifyProof({ ...tree, total: tree.total + 1n }, leaf, cumulative, owed));
          assert.ok(!verifyProof(tree, leaf, cumulative, { ...owed, index: tree.count }));
          assert.ok(!verifyProof(tree, leaf, cumulative, { ...owed, index: -1 }));
          assert.ok(!verifyProof(tree, leaf, cumulative, { ...owed, index: owed.index ^ 1 }));
          assert.ok(!verifyProof(tree, leaf, cumulative, { ...owed, proof: `${owed.proof}00` }));
          assert.ok(owed.proof === '0x' || !verifyProof(tree, leaf, cumulative, { ...owed, proof: '0x' }));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is the same for any order and any case of addresses', () => {
    fc.assert(
      fc.property(payouts, (list) => {
        const other = payoutTree(
          [...list].reverse().map((p) => ({ ...p, account: p.account.toUpperCase().replace('0X', '0x') as Address })),
        );
        assert.equal(other.root, payoutTree(list).root);
        assert.equal(
          other.total,
          list.reduce((sum, p) => sum + p.cumulative, 0n),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out who is owed nothing', () => {
    const tree = payoutTree([
      { account: `0x${'01'.repeat(20)}`, cumulative: 0n },
      { account: `0x${'02'.repeat(20)}`, cumulative: 5n },
    ]);
    assert.equal(tree.root, payoutLeaf(`0x${'02'.repeat(20)}`, 5n));
    assert.equal(tree.claimOf(`0x${'01'.repeat(20)}`), undefined);
  });

  it('CHAIN_TREE_EMPTY when nobody is owed anything', () => {
    assert.throws(
      () => payoutTree([]),
      (error) => isCoded(error, 'CHAIN_TREE_EMPTY'),
    );
  });

  it('CHAIN_TREE_DUPLICATE when an account stands in it twice', () => {
    const twice = { account: `0x${'02'.repeat(20)}` as Address, cumulative: 5n };
    assert.throws(
      () => payoutTree([twice, twice]),
      (error) => isCoded(error, 'CHAIN_TREE_DUPLICATE'),
    );
  });
});

describe('debitsHash', () => {
  const debits = fc.array(fc.record({ session: word.map((w) => w as SessionId), cumulativeDebit: fc.bigInt(0n, 2n ** 256n - 1n) }), {
    maxLength: 10,
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          debits.map((list) => list[0]).filter((d) => d !== undefined),
          { selector: (d) => d.session, maxLength: 8 },
        ),
        (list) => {
          assert.equal(debitsHash(list), debitsHash([...list].reverse()));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('changes with an amount', () => {
    const session = `0x${'07'.repeat(32)}` as SessionId;
    assert.notEqual(debitsHash([{ session, cumulativeDebit: 1n }]), debitsHash([{ session, cumulativeDebit: 2n }]));
  });
});

describe('taskTree', () => {
  const tasks = fc.uniqueArray(fc.record({ task: word.map((w) => w as TaskId), receipt: word, cost: fc.bigInt(0n, 10n ** 27n) }), {
    selector: (t) => t.task,
    minLength: 1,
    maxLength: 40,
  });

  it('proves every billed task, whatever their order, and sums their costs up', () => {
    fc.assert(
      fc.property(tasks, (list) => {
        const tree = taskTree(list);
        assert.equal(tree.root, taskTree([...list].reverse()).root);
        assert.equal(
          tree.total,
          list.reduce((sum, { cost }) => sum + cost, 0n),
        );
        for (const entry of list) {
          const proof = tree.proofOf(entry.task);
          assert.ok(proof);
          assert.ok(verifyProof(tree, taskLeaf(entry), entry.cost, proof));
          assert.ok(!verifyProof(tree, taskLeaf({ ...entry, cost: entry.cost + 1n }), entry.cost + 1n, proof));
        }
        assert.equal(tree.proofOf(`0x${'01'.repeat(32)}` as TaskId), undefined);
      }),
      { numRuns: 30 },
    );
  });

  const billed = { task: `0x${'02'.repeat(32)}` as TaskId, receipt: `0x${'03'.repeat(32)}` as Hex, cost: 5n };

  it('CHAIN_TREE_EMPTY when nothing is billed', () => {
    assert.throws(
      () => taskTree([]),
      (error) => isCoded(error, 'CHAIN_TREE_EMPTY'),
    );
  });

  it('CHAIN_TREE_DUPLICATE when a task is billed twice', () => {
    assert.throws(
      () => taskTree([billed, { ...billed, cost: 6n }]),
      (error) => isCoded(error, 'CHAIN_TREE_DUPLICATE'),
    );
  });

  it('CHAIN_SUM_TOO_LARGE when a sum does not fit 16 bytes', () => {
    const half = 2n ** 127n;
    const other = { ...billed, task: `0x${'04'.repeat(32)}` as TaskId };
    for (const list of [
      [{ ...billed, cost: 2n * half }],
      [
        { ...billed, cost: half },
        { ...other, cost: half },
      ],
    ]) {
      assert.throws(
        () => taskTree(list),
        (error) => isCoded(error, 'CHAIN_SUM_TOO_LARGE'),
      );
    }
  });
});

describe('sum trees', () => {
  it('are those that the contracts are tested with', () => {
    const file = new URL('../../fixtures/trees/sumTree.json', import.meta.url);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(sumTreeVectors()));
  });
});
