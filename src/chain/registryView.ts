import { hexToBytes } from 'viem';
import { peerIdFromBytes } from '../crypto/peerId.ts';
import { type Address, bitsToRoles, type Hex, ROLE_BIT, type Role, type Wei } from '../types/index.ts';
import type { Deployment } from './deployment.ts';
import { nodeRegistryAbi } from './generated/NodeRegistry.ts';
import { stakeVaultAbi } from './generated/StakeVault.ts';
import { type ParameterName, parameterNow } from './parameters.ts';
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
  /** Digest of its list of endpoints; zero when it shows none. */
  readonly endpoints: Hex;
  /** 0 to 10, by the reputation contract. */
  readonly level: number;
  /** Active stake, wei. For an active node this is its quorum weight in each of its roles. */
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

const MIN_STAKES: Readonly<Record<Role, ParameterName>> = {
  router: 'MinStakeRouterWei',
  miner: 'MinStakeMinerWei',
  guard: 'MinStakeGuardWei',
  oracle: 'MinStakeOracleWei',
};

async function readMinStake(client: RpcClient, deployment: Deployment, blockNumber: bigint): Promise<MinStake> {
  const entries = Object.entries(MIN_STAKES) as [Role, ParameterName][];
  const values = await Promise.all(
    entries.map(async ([role, name]): Promise<[Role, Wei]> => [role, await parameterNow(client, deployment, name, blockNumber)]),
  );
  return Object.fromEntries(values) as MinStake;
}

/** All minimum stakes: read again when one is set, and when it takes hold, which is at the start of an epoch. */
const MINIMUM = 'minimum';

export function createRegistryView(client: RpcClient, deployment: Deployment, epochMs: number): RegistryView & TrackedView {
  const nodes = new Map<Address, Omit<NodeEntry, 'active'>>();
  const operatorsOf = new Map<string, Set<Address>>();
  /** Undefined until the event is seen that set the first ones. */
  let minStake: MinStake | undefined;
  const stakeRequired = (roles: readonly Role[]): Wei => roles.reduce((sum, role) => sum + (minStake?.[role] ?? 0n), 0n);
  const covered = (node: Omit<NodeEntry, 'active'>): NodeEntry => ({ ...node, active: node.stake >= stakeRequired(node.roles) });

  async function read(operator: Address, blockNumber: bigint): Promise<Omit<NodeEntry, 'active'> | undefined> {
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
      endpoints: node.endpoints,
      level: node.level,
      stake,
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

  function put(entry: Omit<NodeEntry, 'active'>): void {
    remove(entry.operator);
    nodes.set(entry.operator, entry);
    const operators = operatorsOf.get(entry.peerId) ?? new Set();
    operatorsOf.set(entry.peerId, operators.add(entry.operator));
  }

  function get(operator: Address): NodeEntry | undefined {
    const node = nodes.get(operator.toLowerCase() as Address);
    return node === undefined ? undefined : covered(node);
  }

  return {
    get,
    byPeerId: (peerId) => [...(operatorsOf.get(peerId) ?? [])].flatMap((operator) => get(operator) ?? []),
    isActive(operator, role) {
      const node = get(operator);
      return node?.active === true && (node.roleBits & ROLE_BIT[role]) !== 0;
    },
    active: (role) =>
      [...nodes.values()]
        .map(covered)
        .filter((node) => node.active && (node.roleBits & ROLE_BIT[role]) !== 0)
        .sort((a, b) => (a.operator < b.operator ? -1 : 1)),
    stakeRequired,
    get size() {
      return nodes.size;
    },

    keysOf: operatorsTouched,
    keysOfTime: (from, to) => (minStake === undefined || Math.floor(from / epochMs) === Math.floor(to / epochMs) ? [] : [MINIMUM]),
    async load(keys, blockNumber) {
      const operators = keys.filter((key) => key !== MINIMUM) as Address[];
      const [entries, minimum] = await Promise.all([
        mapSlices(operators, (operator) => read(operator, blockNumber)),
        keys.includes(MINIMUM) ? readMinStake(client, deployment, blockNumber) : undefined,
      ]);
      return () => {
        if (minimum !== undefined) minStake = minimum;
        for (const [i, operator] of operators.entries()) {
          const entry = entries[i];
          if (entry === undefined) remove(operator);
          else put(entry);
        }
      };
    },
    reset() {
      minStake = undefined;
      nodes.clear();
      operatorsOf.clear();
    },
  };
}

function operatorsTouched(log: ChainLog): readonly string[] {
  switch (log.eventName) {
    case 'ParameterSet':
      return [MINIMUM];
    case 'NodeRegistered':
    case 'NodeUpdated':
    case 'NodeDeregistered':
    case 'Staked':
    case 'UnstakeStarted':
    case 'SlashProposed':
    case 'SlashCancelled':
    case 'SlashExecuted':
    case 'StakeProven':
    case 'LevelSet':
      return [log.args.operator.toLowerCase() as Address];
    default:
      return [];
  }
}
