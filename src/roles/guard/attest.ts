import { signStatement } from '../../crypto/eip712.ts';
import type { AttestProposal, AttestReply } from '../../protocols/attest/messages.ts';
import type { Channel } from '../../protocols/channel.ts';
import { currentBase } from '../../settlement/base.ts';
import { draftEpoch, type EpochDraft, type VerifiedTask } from '../../settlement/epoch.ts';
import { settlementError } from '../../settlement/errors.ts';
import type { Address } from '../../types/index.ts';
import type { CodedError } from '../../util/errors.ts';
import { guardError } from './errors.ts';
import type { GuardComponents } from './index.ts';

const refuse = (rule: string, why: string): CodedError => settlementError('ATTEST_REFUSED', `${why} (attest.md §${rule})`, { rule });

/**
 * Signs an epoch that this guard computes to the same bytes from what it saw itself (docs/protocols/attest.md §3).
 *
 * @throws ATTEST_REFUSED with the rule, GUARD_PROPOSER_REFUSED, PAYOUTS_UNAVAILABLE
 */
export async function attest(
  channel: Channel<AttestReply, AttestProposal>,
  peerId: string,
  components: GuardComponents,
  signal: AbortSignal,
): Promise<void> {
  const { network, chain, account, contracts, book } = components;
  const proposal = await channel.next();
  if (proposal === undefined) return;
  // §3.1: an active oracle proposes, through its own peer.
  const oracle = network.nodes.byPeer(peerId)?.record.operator.toLowerCase() as Address | undefined;
  if (oracle === undefined || !chain.registry.isActive(oracle, 'oracle'))
    throw guardError('GUARD_PROPOSER_REFUSED', `peer ${peerId} is no active oracle`);
  await chain.sync();
  // §3.2: epochs only grow.
  const latest = chain.settlement.latest();
  if (latest !== undefined && proposal.epoch <= latest.epoch) throw refuse('3.2', `epoch ${proposal.epoch} is not after ${latest.epoch}`);
  const base = await currentBase(components, signal);
  const tasks = proposal.tasks.map((task) => verified(task, components));
  const draft = draftEpoch({
    epoch: proposal.epoch,
    base,
    tasks,
    vouchers: new Map(proposal.debits.map(({ voucher }) => [voucher.voucher.session, voucher])),
    session: chain.sessions.get,
    ownerOf: (operator) => chain.registry.get(operator)?.owner,
    oracle,
    treasury: chain.settlement.params.treasury,
    contracts,
  });
  checkSame(proposal, draft);
  // Before the signature leaves: if this root is settled, its leaves must be here.
  book.saveRoot(proposal.root, { epoch: proposal.epoch, payouts: draft.payouts, tasks: proposal.tasks.map(({ task }) => task) });
  const statement = { ...draft.root, debitsHash: draft.debitsHash };
  await channel.send({ kind: 'signed', signature: await signStatement('Attestation', contracts, statement, account) });
  await channel.close();
}

/** A task as this guard knows it, or the rule that it breaks. */
function verified(task: AttestProposal['tasks'][number], { book, verdicts }: GuardComponents): VerifiedTask {
  // §3.3: billed once.
  if (book.isBilled(task.task)) throw refuse('3.3', `task ${task.task} was billed before`);
  // §3.4: its result was seen here.
  const seen = book.get(task.task);
  if (seen === undefined) throw refuse('3.4', `the result of task ${task.task} was not seen`);
  // §3.5: a quorum found it VALID, in this guard's own count.
  const tally = verdicts.tally(task.task);
  if (tally !== 'VALID') throw refuse('3.5', `task ${task.task} is ${tally}`);
  // §3.6: those who share the guards' part revealed VALID.
  const agreeing = new Set(verdicts.agreeing(task.task));
  if (task.guards.length === 0 || task.guards.some((guard) => !agreeing.has(guard)))
    throw refuse('3.6', `not all paid guards of task ${task.task} voted VALID`);
  return { result: seen.result, guards: task.guards };
}

/** §3.7: everything that goes on chain is what this guard computes itself. */
function checkSame(proposal: AttestProposal, draft: EpochDraft | undefined): asserts draft is EpochDraft {
  if (draft === undefined) throw refuse('3.7', 'nothing of it can be billed');
  if (draft.billed.length !== proposal.tasks.length)
    throw refuse('3.7', `${draft.billed.length} of ${proposal.tasks.length} tasks can be billed`);
  for (const [i, { cost }] of draft.billed.entries())
    if (proposal.tasks[i]?.cost !== cost) throw refuse('3.7', `task ${proposal.tasks[i]?.task} costs ${cost}`);
  if (draft.root.root !== proposal.root || draft.root.total !== proposal.total) throw refuse('3.7', 'the payouts differ');
  if (draft.root.tasksRoot !== proposal.tasksRoot) throw refuse('3.7', 'the tasks root differs');
  const debits = new Map(draft.debits.map(({ voucher, cumulativeDebit }) => [voucher.session, cumulativeDebit]));
  if (proposal.debits.length !== debits.size) throw refuse('3.7', 'the debits differ');
  for (const { voucher, cumulativeDebit } of proposal.debits)
    if (debits.get(voucher.voucher.session) !== cumulativeDebit) throw refuse('3.7', 'the debits differ');
}
