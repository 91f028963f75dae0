import { signStatement } from '../../crypto/eip712.ts';
import { ATTEST_REFUSED_MAX, type AttestProposal, type AttestReply } from '../../protocols/attest/messages.ts';
import type { Channel } from '../../protocols/channel.ts';
import { currentBase, termsOfEpoch } from '../../settlement/base.ts';
import { isBillable } from '../../settlement/billable.ts';
import { draftEpoch, type EpochDraft, type VerifiedTask } from '../../settlement/epoch.ts';
import { settlementError } from '../../settlement/errors.ts';
import type { Address, TaskId } from '../../types/index.ts';
import type { CodedError } from '../../util/errors.ts';
import { quorumOf } from '../../validation/quorum.ts';
import { guardError } from './errors.ts';
import type { GuardComponents } from './index.ts';

/** Guards' and oracles' clocks may differ by this much. */
const CLOCK_SLACK_MS = 30_000;

const refuse = (rule: string, why: string): CodedError => settlementError('ATTEST_REFUSED', `${why} (attest.md §${rule})`, { rule });

/**
 * Signs an epoch that this guard computes to the same bytes from what it saw itself (docs/protocols/attest.md §3).
 *
 * @returns undefined when it signed; an ATTEST_REFUSED when only some tasks stand in the way, which the oracle has been told
 * @throws ATTEST_REFUSED with the rule, GUARD_PROPOSER_REFUSED, PAYOUTS_UNAVAILABLE
 */
export async function attest(
  channel: Channel<AttestReply, AttestProposal>,
  peerId: string,
  components: GuardComponents,
  signal: AbortSignal,
): Promise<CodedError | undefined> {
  const { network, chain, account, contracts, book, clock } = components;
  const proposal = await channel.next();
  if (proposal === undefined) return undefined;
  // §3.1: an active oracle proposes, through its own peer.
  const oracle = network.nodes.byPeer(peerId)?.record.operator.toLowerCase() as Address | undefined;
  if (oracle === undefined || !chain.registry.isActive(oracle, 'oracle'))
    throw guardError('GUARD_PROPOSER_REFUSED', `peer ${peerId} is no active oracle`);
  await chain.sync();
  // §3.2: epochs only grow, and an epoch has one root. None is of the future: it would be the last one. The one before is confirmed:
  // payouts that are counted from an older root would drop what it added.
  const newest = await chain.settlement.newest();
  if (proposal.epoch <= newest.posted) throw refuse('3.2', `epoch ${proposal.epoch} is not after ${newest.posted}`);
  if (proposal.epoch * chain.settlement.params.epochMs > clock.now() + CLOCK_SLACK_MS)
    throw refuse('3.2', `epoch ${proposal.epoch} has not begun`);
  if (newest.standing !== (chain.settlement.latest()?.epoch ?? 0)) throw refuse('3.2', 'the epoch before is not confirmed yet');
  const signed = book.rootOf(proposal.epoch);
  if (signed !== undefined && signed !== proposal.root) throw refuse('3.2', `epoch ${proposal.epoch} was signed with root ${signed}`);
  const base = await currentBase(components, signal);
  const tasks: VerifiedTask[] = [];
  const refused = new Map<TaskId, CodedError>();
  for (const task of proposal.tasks) {
    const known = verified(task, components);
    if ('result' in known) tasks.push(known);
    else refused.set(task.task, known);
  }
  if (refused.size > 0) return refuseTasks(channel, refused);
  const vouchers = new Map(proposal.debits.map(({ voucher }) => [voucher.voucher.session, voucher]));
  const draft = draftEpoch({
    epoch: proposal.epoch,
    base,
    tasks,
    voucher: (session) => vouchers.get(session),
    session: chain.sessions.get,
    ownerOf: (operator) => chain.registry.get(operator)?.owner,
    oracle,
    treasury: chain.settlement.params.treasury,
    ...(await termsOfEpoch(chain, proposal.epoch, tasks)),
  });
  const billed = new Set(draft?.billed.map(({ result }) => result.receipt.receipt.task));
  for (const { task } of proposal.tasks) if (!billed.has(task)) refused.set(task, refuse('3.7', `task ${task} cannot be billed`));
  if (refused.size > 0) return refuseTasks(channel, refused);
  checkSame(proposal, draft);
  // Before the signature leaves: if this root is settled, its leaves must be here.
  book.saveRoot(proposal.root, { epoch: proposal.epoch, payouts: draft.payouts, tasks: proposal.tasks.map(({ task }) => task) });
  // With the root that this guard built on: on any other the chain does not take the epoch.
  const statement = { ...draft.root, debitsHash: draft.debitsHash };
  await channel.send({ kind: 'signed', signature: await signStatement('Attestation', contracts, statement, account) });
  await channel.close();
  return undefined;
}

/** Names the tasks, so that the oracle can settle the others: one vote that this guard missed must not stop all payouts. */
async function refuseTasks(channel: Channel<AttestReply, AttestProposal>, refused: ReadonlyMap<TaskId, CodedError>): Promise<CodedError> {
  const [error] = [...refused.values()] as [CodedError];
  await channel.send({ kind: 'refused', tasks: [...refused.keys()].slice(0, ATTEST_REFUSED_MAX), reason: error.message });
  await channel.close();
  return error;
}

/** A task as this guard knows it, or the rule that it breaks. */
function verified(task: AttestProposal['tasks'][number], { book, verdicts, clock }: GuardComponents): VerifiedTask | CodedError {
  // §3.3: billed once.
  if (book.isBilled(task.task)) return refuse('3.3', `task ${task.task} was billed before`);
  // §3.4: its result was seen here.
  const seen = book.get(task.task);
  if (seen === undefined) return refuse('3.4', `the result of task ${task.task} was not seen`);
  if (!isBillable(seen.result, clock.now())) return refuse('3.4', `the time to bill task ${task.task} is over`);
  // §3.5: a quorum found it VALID, in this guard's own count.
  const tally = verdicts.tally(task.task);
  if (tally !== 'VALID') return refuse('3.5', `task ${task.task} is ${tally}`);
  // §3.6: those who share the guards' part revealed VALID, a quorum of them, each once.
  const agreeing = new Set(verdicts.agreeing(task.task));
  if (task.guards.some((guard) => !agreeing.has(guard))) return refuse('3.6', `not all paid guards of task ${task.task} voted VALID`);
  const paid = new Set(task.guards).size;
  if (paid !== task.guards.length || paid < quorumOf(seen.committee.length))
    return refuse('3.6', `the paid guards of task ${task.task} are no quorum of distinct guards`);
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
