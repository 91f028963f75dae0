import type { RegistryView } from '../../chain/registryView.ts';
import { type Attestation, recoverStatement, type SigningContracts } from '../../crypto/eip712.ts';
import type { AttestProposal } from '../../protocols/attest/messages.ts';
import { attestStream } from '../../protocols/attest/stream.ts';
import type { Network } from '../../protocols/network.ts';
import type { Hex, TaskId, Wei } from '../../types/index.ts';
import { withDeadline } from '../../util/deadline.ts';
import { toCoded } from '../../util/errors.ts';

interface Components {
  readonly network: Network;
  readonly registry: RegistryView;
  readonly contracts: SigningContracts;
}

export interface Collected {
  /** Of distinct guards; with more than two thirds of the guards' stake when `reached`. */
  readonly signatures: readonly Hex[];
  readonly reached: boolean;
  /** What each guard said that did not sign. */
  readonly missing: readonly string[];
  /** Tasks that some guard would not attest. */
  readonly refused: ReadonlySet<TaskId>;
}

/** Asks every active guard to sign, side by side, and counts distinct guards by stake. */
export async function collectSignatures(
  proposal: AttestProposal,
  statement: Attestation,
  components: Components,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Collected> {
  const { network, registry, contracts } = components;
  const guards = registry.active('guard');
  const refused = new Set<TaskId>();
  const answers = await Promise.allSettled(
    guards.map(async ({ operator }) => {
      const peerId = network.nodes.byOperator(operator)?.record.peerId;
      if (peerId === undefined) throw new Error('not reachable');
      const signature = await withDeadline('the attestation', timeoutMs, signal, (inner) => ask(network, peerId, proposal, refused, inner));
      if (recoverStatement('Attestation', contracts, statement, signature) !== operator) throw new Error('signed something else');
      return signature;
    }),
  );
  let weight: Wei = 0n;
  let total: Wei = 0n;
  const signatures: Hex[] = [];
  const missing: string[] = [];
  for (const [i, answer] of answers.entries()) {
    const guard = guards[i];
    if (guard === undefined) continue;
    total += guard.stake;
    if (answer.status === 'fulfilled') {
      weight += guard.stake;
      signatures.push(answer.value);
    } else missing.push(`${guard.operator}: ${toCoded(answer.reason).message}`);
  }
  // More than two thirds, as Settlement counts it.
  return { signatures, reached: weight * 3n > total * 2n, missing, refused };
}

async function ask(network: Network, peerId: string, proposal: AttestProposal, refused: Set<TaskId>, signal: AbortSignal): Promise<Hex> {
  const channel = await network.open(attestStream, peerId, signal);
  try {
    await channel.send(proposal, signal);
    const reply = await channel.next(signal);
    if (reply?.kind === 'signed') return reply.signature;
    if (reply?.kind === 'refused') {
      for (const task of reply.tasks) refused.add(task);
      throw new Error(`${reply.tasks.length} tasks refused: ${reply.reason}`);
    }
    throw new Error(reply === undefined ? 'no answer' : `${reply.code}: ${reply.message}`);
  } finally {
    channel.reset();
  }
}
