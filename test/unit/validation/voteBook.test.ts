import assert from 'node:assert/strict';
import { voteCommit } from '../../../src/crypto/ids.ts';
import { type Address, type Hex, type TaskId, VERDICT_CODE, type Verdict } from '../../../src/types/index.ts';
import { type Reveal, VoteBook } from '../../../src/validation/voteBook.ts';

const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const task = word(7) as TaskId;
const voter = (n: number): Address => `0x${n.toString(16).padStart(40, 'a')}`;

function vote(n: number, verdict: Verdict = 'VALID', forTask = task): { commit: Parameters<VoteBook['commit']>[0]; reveal: Reveal } {
  const reveal: Reveal = { task: forTask, round: 0, voter: voter(n), verdict, evidenceHash: word(1), salt: word(1000 + n) };
  return {
    commit: { task: forTask, round: 0, voter: voter(n), commit: voteCommit({ ...reveal, verdict: VERDICT_CODE[verdict] }) },
    reveal,
  };
}

describe('validation/voteBook', () => {
  it('counts a reveal that opens its commit, once', () => {
    const book = new VoteBook(10);
    const { commit, reveal } = vote(1);
    assert.equal(book.commit(commit).outcome, 'taken');
    assert.equal(book.reveal(reveal), 'counted');
    assert.equal(book.reveal(reveal), 'repeated');
    assert.deepEqual(
      book.revealed(task, 0).map((v) => v.verdict),
      ['VALID'],
    );
  });

  it('mismatch when the reveal says something else than was committed, or another voter borrows the commit', () => {
    const book = new VoteBook(10);
    const { commit, reveal } = vote(1);
    book.commit(commit);
    assert.equal(book.reveal({ ...reveal, verdict: 'INVALID' }), 'mismatch');
    assert.equal(book.commit({ ...commit, voter: voter(2) }).outcome, 'taken');
    assert.equal(book.reveal({ ...reveal, voter: voter(2) }), 'mismatch');
    assert.equal(book.revealed(task, 0).length, 0);
  });

  it('a reveal that overtook its commit counts when the commit comes', () => {
    const book = new VoteBook(10);
    const { commit, reveal } = vote(1);
    assert.equal(book.reveal(reveal), 'waiting');
    assert.equal(book.revealed(task, 0).length, 0);
    assert.equal(book.commit(commit).outcome, 'taken');
    assert.equal(book.revealed(task, 0).length, 1);
  });

  it('late when a commit comes after somebody revealed; conflict when a voter commits to two things', () => {
    const book = new VoteBook(10);
    const [first, second] = [vote(1), vote(2)];
    book.commit(first.commit);
    assert.equal(book.commit({ ...first.commit, commit: word(9) }).outcome, 'conflict');
    assert.equal(book.commit(first.commit).outcome, 'repeated');
    book.reveal(first.reveal);
    assert.equal(book.commit(second.commit).outcome, 'late');
    assert.equal(book.reveal(second.reveal), 'waiting');
    assert.equal(book.revealed(task, 0).length, 1);
  });

  it('holds no more tasks than its bound', () => {
    const book = new VoteBook(2);
    for (const n of [1, 2, 3]) {
      const { commit, reveal } = vote(1, 'VALID', word(n) as TaskId);
      book.commit(commit);
      book.reveal(reveal);
    }
    assert.equal(book.revealed(word(1) as TaskId, 0).length, 0);
    assert.equal(book.revealed(word(3) as TaskId, 0).length, 1);
  });
});
