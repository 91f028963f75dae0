import { hexToBytes } from 'viem';
import { peerIdFromBytes } from '../crypto/peerId.ts';
import { type Address, bitsToRoles, type Hex, ROLE_BIT, type Role, type Wei } from '../types/index.ts';
import type { Deployment } from './deployment.ts';
import { nodeRegistryAbi } from './generated/NodeRegistry.ts';
import { stakeVaultAbi } from './generated/StakeVault.ts';
import type { RpcClient } from './rpc.ts';
import { type ChainLog, mapSlices, type TrackedView } from './view.ts';

/** A registered operator as of the confirmed block. Addresses are lower-cased. */
export interface NodeEntry {
  readonly operator: Address;
  readonly owner: Address;
  readonly roles: readonly Role[];
  readonly roleBits: number;
  /** Peer id in text. What the operator claims; the NodeRecord proves it. */
  readonly peerId: string;
  readonly encryptionKey: Hex;
  /** Active stake, wei. For an active guard this is its quorum weight. */
  readonly stake: Wei;
  /** Its stake covers all of its roles. */
  readonly active: boolean;
}

export interface RegistryView {
  get(operator: Address): NodeEntry | undefined;
  /** All operators that claim the peer; usually one. */
  byPeerId(peerId: string): readonly NodeEntry[];
  /** Registered with the role and with enough stake. */
  isActive(operator: Address, role: Role): boolean;
  /** Active nodes of a role, ordered by operator. */
  active(role: Role): readonly NodeEntry[];
  /** Stake that a set of roles needs, wei. */
  stakeRequired(roles: readonly Role[]): Wei;
  readonly size: number;
}

export type MinStake = Readonly<Record<Role, Wei>>;

export async function readMinStake(client: RpcClient, deployment: Deployment): Promise<MinStake> {
  const read = (functionName: 'minStakeRouter' | 'minStakeMiner' | 'minStakeGuard' | 'minStakeOracle'): Promise<bigint> =>
    client.readContract({ address: deployment.nodeRegistry, abi: nodeRegistryAbi, functionName });
  const [router, miner, guard, oracle] = await Promise.all([
    read('minStakeRouter'),
    read('minStakeMiner'),
    read('minStakeGuard'),
    read('minStakeOracle'),
  ]);
  return { router, miner, guard, oracle };
}

export function createRegistryView(client: RpcClient, deployment: Deployment, minStake: MinStake): RegistryView & TrackedView {
  const nodes = new Map<Address, NodeEntry>();
  const operatorsOf = new Map<string, Set<Address>>();
  const stakeRequired = (roles: readonly Role[]): Wei => roles.reduce((sum, role) => sum + minStake[role], 0n);

  async function read(operator: Address, blockNumber: bigint): Promise<NodeEntry | undefined> {
    const node = await client.readContract({
      address: deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName: 'node',
      args: [operator],
      blockNumber,
    });
    if (BigInt(node.owner) === 0n) return undefined;
    const stake = await client.readContract({
      address: deployment.stakeVault,
      abi: stakeVaultAbi,
      functionName: 'stakeOf',
      args: [node.owner, operator],
      blockNumber,
    });
    const roles = bitsToRoles(node.roles);
    return {
      operator,
      owner: node.owner.toLowerCase() as Address,
      roles,
      roleBits: node.roles,
      peerId: peerIdFromBytes(hexToBytes(node.peerId)),
      encryptionKey: node.encryptionKey,
      stake,
      active: stake >= stakeRequired(roles),
    };
  }

  function remove(operator: Address): void {
    const peerId = nodes.get(operator)?.peerId;
    nodes.delete(operator);
    if (peerId === undefined) return;
    const operators = operatorsOf.get(peerId);
    operators?.delete(operator);
    if (operators?.size === 0) operatorsOf.delete(peerId);
  }

  function put(entry: NodeEntry): void {
    remove(entry.operator);
    nodes.set(entry.operator, entry);
    const operators = operatorsOf.get(entry.peerId) ?? new Set();
    operatorsOf.set(entry.peerId, operators.add(entry.operator));
  }

  return {
    get: (operator) => nodes.get(operator.toLowerCase() as Address),
    byPeerId: (peerId) => [...(operatorsOf.get(peerId) ?? [])].flatMap((operator) => nodes.get(operator) ?? []),
    isActive(operator, role) {
      const node = nodes.get(operator.toLowerCase() as Address);
      return node?.active === true && (node.roleBits & ROLE_BIT[role]) !== 0;
    },
    active: (role) =>
      [...nodes.values()]
        .filter((node) => node.active && (node.roleBits & ROLE_BIT[role]) !== 0)
        .sort((a, b) => (a.operator < b.operator ? -1 : 1)),
    stakeRequired,
    get size() {
      return nodes.size;
    },

    keysOf: operatorsTouched,
    async load(keys, blockNumber) {
      const operators = keys as readonly Address[];
      const entries = await mapSlices(operators, (operator) => read(operator, blockNumber));
      return () => {
        for (const [i, operator] of operators.entries()) {
          const entry = entries[i];
          if (entry === undefined) remove(operator);
          else put(entry);
        }
      };
    },
    reset() {
      nodes.clear();
      operatorsOf.clear();
    },
  };
}

function operatorsTouched(log: ChainLog): readonly Address[] {
  switch (log.eventName) {
    case 'NodeRegistered':
    case 'NodeUpdated':
    case 'NodeDeregistered':
    case 'Staked':
    case 'UnstakeStarted':
    case 'SlashProposed':
    case 'SlashCancelled':
      return [log.args.operator.toLowerCase() as Address];
    default:
      return [];
  }
}
