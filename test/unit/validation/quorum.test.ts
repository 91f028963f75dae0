import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Address, Verdict } from '../../../src/types/index.ts';
import { quorumOf, tally } from '../../../src/validation/quorum.ts';

const guard = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`;
const committee = (n: number): Address[] => Array.from({ length: n }, (_, i) => guard(i + 0xa0));
const verdict = fc.constantFrom<Verdict>('VALID', 'INVALID', 'UNAVAILABLE');

describe('validation/quorum', () => {
  it('a quorum is more than two thirds', () => {
    assert.deepEqual([1, 2, 3, 4, 6, 7].map(quorumOf), [1, 2, 3, 3, 5, 5]);
  });

  it('one voter counts once, whatever it repeats and in whatever case it spells its address', () => {
    const [a] = committee(3) as [Address];
    const votes = [a, a, a.toUpperCase().replace('0X', '0x') as Address].map((voter) => ({ voter, verdict: 'VALID' as const }));
    assert.equal(tally(committee(3), votes), 'OPEN');
  });

  it('strangers do not count', () => {
    const votes = [1, 2, 3].map((n) => ({ voter: guard(n), verdict: 'INVALID' as const }));
    assert.equal(tally(committee(3), votes), 'OPEN');
  });

  it('SPLIT once no verdict can reach the quorum', () => {
    const [a, b, c] = committee(3) as [Address, Address, Address];
    assert.equal(
      tally(
        [a, b, c],
        [
          { voter: a, verdict: 'VALID' },
          { voter: b, verdict: 'INVALID' },
        ],
      ),
      'SPLIT',
    );
  });

  it('a decided tally never changes with later votes, and needs a quorum of distinct members', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.record({ index: fc.nat(15), verdict }), { maxLength: 40 }), (size, raw) => {
        const members = committee(size);
        const votes = raw.map(({ index, verdict: v }) => ({ voter: guard(index + 0xa0), verdict: v }));
        let decided: string | undefined;
        for (let n = 0; n <= votes.length; n++) {
          const now = tally(members, votes.slice(0, n));
          if (decided !== undefined) assert.equal(now, decided);
          else if (now !== 'OPEN') decided = now;
        }
        if (decided !== undefined && decided !== 'SPLIT') {
          const first = new Map<string, Verdict>();
          for (const v of votes) if (members.includes(v.voter) && !first.has(v.voter)) first.set(v.voter, v.verdict);
          assert.ok([...first.values()].filter((v) => v === decided).length >= quorumOf(size));
        }
      }),
    );
  });
});
