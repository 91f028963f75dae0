import type { RegistryView } from '../../chain/registryView.ts';
import { type Attestation, recoverStatement, type SigningContracts } from '../../crypto/eip712.ts';
import type { AttestProposal } from '../../protocols/attest/messages.ts';
import { attestStream } from '../../protocols/attest/stream.ts';
import type { Network } from '../../protocols/network.ts';
import { settlementError } from '../../settlement/errors.ts';
import type { Hex, Wei } from '../../types/index.ts';
import { withDeadline } from '../../util/deadline.ts';
import { toCoded } from '../../util/errors.ts';

interface Components {
  readonly network: Network;
  readonly registry: RegistryView;
  readonly contracts: SigningContracts;
}

/**
 * Asks every active guard to sign, side by side, and counts distinct guards by stake.
 *
 * @throws EPOCH_QUORUM with what each missing guard said
 */
export async function collectSignatures(
  proposal: AttestProposal,
  statement: Attestation,
  components: Components,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Hex[]> {
  const { network, registry, contracts } = components;
  const guards = registry.active('guard');
  const answers = await Promise.allSettled(
    guards.map(async ({ operator }) => {
      const peerId = network.nodes.byOperator(operator)?.record.peerId;
      if (peerId === undefined) throw new Error('not reachable');
      const signature = await withDeadline('the attestation', timeoutMs, signal, (inner) => ask(network, peerId, proposal, inner));
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
  if (weight * 3n <= total * 2n) {
    throw settlementError(
      'EPOCH_QUORUM',
      `${signatures.length} of ${guards.length} guards signed epoch ${proposal.epoch}; ${missing.join('; ')}`,
      {
        epoch: proposal.epoch,
      },
    );
  }
  return signatures;
}

async function ask(network: Network, peerId: string, proposal: AttestProposal, signal: AbortSignal): Promise<Hex> {
  const channel = await network.open(attestStream, peerId, signal);
  try {
    await channel.send(proposal, signal);
    const reply = await channel.next(signal);
    if (reply?.kind === 'signed') return reply.signature;
    throw new Error(reply === undefined ? 'no answer' : `${reply.code}: ${reply.message}`);
  } finally {
    channel.reset();
  }
}
