import { bytesToHex, encodeFunctionData, type LocalAccount } from 'viem';
import { peerIdToBytes } from '../crypto/peerId.ts';
import { type Address, type Hex, type Role, rolesToBits, type Wei } from '../types/index.ts';
import { resultOf, type TxResult, type WriteContext } from './context.ts';
import type { Deployment } from './deployment.ts';
import { nodeRegistryAbi } from './generated/NodeRegistry.ts';
import type { RpcClient } from './rpc.ts';
import { stake, stakeOf } from './stakeVault.ts';

/** What an operator stands for. */
export interface NodeDetails {
  readonly operator: Address;
  /** libp2p peer id in text. */
  readonly peerId: string;
  readonly roles: readonly Role[];
  /** X25519 public key, 32 bytes. */
  readonly encryptionKey: Hex;
  /** Digest of the node's list of endpoints; none when absent. */
  readonly endpoints?: Hex;
}

/** An operator's signed word that it works for an owner. Holds once, until `deadline` (unix seconds). */
export interface OperatorConsent {
  readonly deadline: number;
  readonly signature: Hex;
}

const CONSENT_TYPES = {
  OperatorConsent: [
    { name: 'owner', type: 'address' },
    { name: 'operator', type: 'address' },
    { name: 'peerId', type: 'bytes' },
    { name: 'roles', type: 'uint32' },
    { name: 'encryptionKey', type: 'bytes32' },
    { name: 'endpoints', type: 'bytes32' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/** Nonce of the operator's next consent. */
export function consentNonce(client: RpcClient, deployment: Deployment, operator: Address): Promise<bigint> {
  return client.readContract({ address: deployment.nodeRegistry, abi: nodeRegistryAbi, functionName: 'consentNonce', args: [operator] });
}

/** Signs with the operator's key; needs no connection, so that a node can sign and its owner send from elsewhere. */
export async function signConsent(
  deployment: Deployment,
  details: NodeDetails,
  owner: Address,
  nonce: bigint,
  deadline: number,
  operator: LocalAccount,
): Promise<OperatorConsent> {
  const signature = await operator.signTypedData({
    domain: { name: 'cortensord', version: '1', chainId: deployment.chainId, verifyingContract: deployment.nodeRegistry },
    types: CONSENT_TYPES,
    primaryType: 'OperatorConsent',
    message: { owner, ...registrationOf(details), nonce, deadline: BigInt(deadline) },
  });
  return { deadline, signature };
}

const NO_ENDPOINTS: Hex = `0x${'00'.repeat(32)}`;

function registrationOf({ operator, peerId, roles, encryptionKey, endpoints }: NodeDetails) {
  return {
    operator,
    peerId: bytesToHex(peerIdToBytes(peerId)),
    roles: rolesToBits(roles),
    encryptionKey,
    endpoints: endpoints ?? NO_ENDPOINTS,
  };
}

async function setNode(
  { sender, deployment }: WriteContext,
  functionName: 'register' | 'update',
  details: NodeDetails,
  consent: OperatorConsent,
): Promise<TxResult> {
  const args = [registrationOf(details), BigInt(consent.deadline), consent.signature] as const;
  const data = encodeFunctionData({ abi: nodeRegistryAbi, functionName, args });
  return resultOf(await sender.send({ kind: functionName, to: deployment.nodeRegistry, data }));
}

/** Registers an operator of the sender, who becomes its owner. */
export const register = (context: WriteContext, details: NodeDetails, consent: OperatorConsent): Promise<TxResult> =>
  setNode(context, 'register', details, consent);

/** Replaces peer id, roles, encryption key and endpoints. */
export const updateNode = (context: WriteContext, details: NodeDetails, consent: OperatorConsent): Promise<TxResult> =>
  setNode(context, 'update', details, consent);

/** By the owner or by the operator itself. */
export async function deregister({ sender, deployment }: WriteContext, operator: Address): Promise<TxResult> {
  const data = encodeFunctionData({ abi: nodeRegistryAbi, functionName: 'deregister', args: [operator] });
  return resultOf(await sender.send({ kind: 'deregister', to: deployment.nodeRegistry, data }));
}

export interface StakeAndRegister {
  readonly details: Omit<NodeDetails, 'operator'>;
  /** The operator's key, to sign its consent. */
  readonly operator: LocalAccount;
  /** Stake to reach, wei; what is staked already counts. */
  readonly stake: Wei;
}

/** How long a consent that is used at once holds. */
const CONSENT_SECONDS = 3_600;

/**
 * Brings the operator's stake to `stake` and registers it (or updates its entry) with the sender as owner. Safe to repeat.
 *
 * @throws CHAIN_REVERTED and the sender's other errors
 */
export async function stakeAndRegister(context: WriteContext, { details, operator, stake: wanted }: StakeAndRegister): Promise<TxResult> {
  const { client, deployment, sender } = context;
  const full: NodeDetails = { ...details, operator: operator.address };
  const staked = await stakeOf(client, deployment, sender.account, operator.address);
  if (staked < wanted) await stake(context, operator.address, wanted - staked);
  const [nonce, block, node] = await Promise.all([
    consentNonce(client, deployment, operator.address),
    client.getBlock(),
    client.readContract({ address: deployment.nodeRegistry, abi: nodeRegistryAbi, functionName: 'node', args: [operator.address] }),
  ]);
  const consent = await signConsent(deployment, full, sender.account, nonce, Number(block.timestamp) + CONSENT_SECONDS, operator);
  return BigInt(node.owner) === 0n ? register(context, full, consent) : updateNode(context, full, consent);
}
