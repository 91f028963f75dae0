import type { Address, Hex, SessionId, SplitBps, Wei } from '../types/index.ts';
import { BoundedMap } from '../util/boundedMap.ts';
import type { Deployment } from './deployment.ts';
import { settlementAbi } from './generated/Settlement.ts';
import { parameterAt, readEpochMs } from './parameters.ts';
import { codedRead, type RpcClient } from './rpc.ts';
import { type ChainLog, mapSlices, type TrackedView } from './view.ts';

/** A settled epoch that stands. */
export interface EpochEntry {
  readonly epoch: number;
  readonly root: Hex;
  readonly tasksRoot: Hex;
  /** Sum of the root's leaves, wei. */
  readonly total: Wei;
  /** Unix ms: end of the challenge window. */
  readonly activeAt: number;
  /** Leaves were asked for and not shown yet: neither this epoch nor one after it is active. */
  readonly held: boolean;
}

/** What is fixed for good. */
export interface SettlementParams {
  readonly treasury: Address;
  /** Length of an epoch. Epoch = unix ms / this. */
  readonly epochMs: number;
}

/** A leaf that somebody asked for with a bond: if nobody shows it in time, its epoch falls. */
export interface LeafChallenge {
  readonly epoch: number;
  readonly part: 'payouts' | 'tasks';
  readonly index: number;
}

export interface SettlementView {
  readonly params: SettlementParams;
  /** Last settled epoch that stands, as of the confirmed block: the next one builds on it. */
  latest(): EpochEntry | undefined;
  /** Settled epochs after one that are in memory, ascending; void ones are not among them. */
  after(epoch: number): readonly EpochEntry[];
  /** Newest epoch that can be claimed against at a chain time (unix ms). */
  active(atMs: number): EpochEntry | undefined;
  /** Epochs in memory that fell: what they billed is to be billed again. */
  voided(): readonly number[];
  /** Wei that vouchers brought in, and wei paid out, ever. */
  readonly funded: Wei;
  readonly totalClaimed: Wei;
  /**
   * Numbers of the newest epoch on chain (void ones counted) and of the last that stands, confirmed or not, read now; 0 before the
   * first. @throws CHAIN_UNREACHABLE
   */
  newest(): Promise<{ readonly posted: number; readonly standing: number }>;
  /** Split of a task's cost that holds in an epoch. @throws CHAIN_UNREACHABLE */
  split(epoch: number): Promise<SplitBps>;
  /**
   * What sessions owe Settlement in total for the epochs that stand. Less than what it took (`settled`) where an epoch fell; equal
   * when a session is not in the answer. @throws CHAIN_UNREACHABLE
   */
  charged(sessions: readonly SessionId[]): Promise<ReadonlyMap<SessionId, Wei>>;
  /** Leaves of an epoch that were asked for and not shown yet, read now. @throws CHAIN_UNREACHABLE */
  challenges(epoch: number): Promise<readonly LeafChallenge[]>;
  /** Any epoch that stands, read now. @throws CHAIN_UNREACHABLE */
  posted(epoch: number): Promise<EpochEntry | undefined>;
  /** The transaction that settled an epoch, read now; undefined when none did. @throws CHAIN_UNREACHABLE */
  transactionOf(epoch: number): Promise<{ readonly tx: Hex; readonly block: number } | undefined>;
  /** Wei that an account has claimed, read now. @throws CHAIN_UNREACHABLE */
  claimed(account: Address): Promise<Wei>;
}

/** Epochs in memory: those that may still wait for their activation, and some more. */
export const EPOCHS_MAX = 256;
const SPLITS_MAX = 64;

/** Sums of the whole contract, which every event may change. */
const SUMS = 'sums';
/** Some epochs fell: each that is in memory is read again. */
const FALL = 'fall';
/** In the order of the contract's Part. */
const PARTS: readonly LeafChallenge['part'][] = ['payouts', 'tasks'];
/** The contract's Status. */
const VOIDED = 3;

export async function readSettlementParams(client: RpcClient, deployment: Deployment): Promise<SettlementParams> {
  const contract = { address: deployment.settlement, abi: settlementAbi } as const;
  const [treasury, epochMs] = await Promise.all([
    client.readContract({ ...contract, functionName: 'treasury' }),
    readEpochMs(client, deployment),
  ]);
  return { treasury: treasury.toLowerCase() as Address, epochMs };
}

type ReadEntry = EpochEntry & { readonly isVoid: boolean };

/** An epoch that was posted, void or not. */
async function readPosted(client: RpcClient, deployment: Deployment, epoch: number, blockNumber?: bigint): Promise<ReadEntry | undefined> {
  const contract = {
    address: deployment.settlement,
    abi: settlementAbi,
    args: [BigInt(epoch)],
    ...(blockNumber === undefined ? {} : { blockNumber }),
  } as const;
  const [posted, status] = await Promise.all([
    client.readContract({ ...contract, functionName: 'posted' }),
    client.readContract({ ...contract, functionName: 'statusOf' }),
  ]);
  if (BigInt(posted.root) === 0n) return undefined;
  const { root, tasksRoot, total, activeAt, openChallenges } = posted;
  return { epoch, root, tasksRoot, total, activeAt: activeAt * 1000, held: openChallenges > 0, isVoid: status === VOIDED };
}

function entryOf({ isVoid, ...entry }: ReadEntry): EpochEntry | undefined {
  return isVoid ? undefined : entry;
}

/** An epoch that stands. */
export async function readEpoch(client: RpcClient, deployment: Deployment, epoch: number): Promise<EpochEntry | undefined> {
  const posted = await readPosted(client, deployment, epoch);
  return posted === undefined ? undefined : entryOf(posted);
}

export function createSettlementView(
  client: RpcClient,
  deployment: Deployment,
  params: SettlementParams,
  epochsMax: number = EPOCHS_MAX,
): SettlementView & TrackedView {
  /** Ascending, void ones too. */
  let epochs: ReadEntry[] = [];
  const splits = new BoundedMap<number, SplitBps>(SPLITS_MAX);
  let funded = 0n;
  let totalClaimed = 0n;
  const contract = { address: deployment.settlement, abi: settlementAbi } as const;

  /** An epoch that falls takes one answer with it for good. */
  async function everVoided(): Promise<boolean> {
    if (epochs.some(({ isVoid }) => isVoid)) return true;
    const { settlement: address, block } = deployment;
    const logs = await codedRead(
      'EpochsVoided',
      client.getContractEvents({ address, abi: settlementAbi, eventName: 'EpochsVoided', fromBlock: BigInt(block) }),
    );
    return logs.length > 0;
  }

  return {
    params,
    latest: () => epochs.findLast((entry) => !entry.isVoid),
    after: (epoch) => epochs.filter((entry) => entry.epoch > epoch && !entry.isVoid),
    active(atMs) {
      let active: EpochEntry | undefined;
      for (const entry of epochs) {
        if (entry.isVoid) continue;
        if (entry.activeAt > atMs || entry.held) break;
        active = entry;
      }
      return active;
    },
    voided: () => epochs.filter((entry) => entry.isVoid).map(({ epoch }) => epoch),
    get funded() {
      return funded;
    },
    get totalClaimed() {
      return totalClaimed;
    },
    async newest() {
      const [posted, standing] = await codedRead(
        'latestEpoch',
        Promise.all([
          client.readContract({ ...contract, functionName: 'latestEpoch' }),
          client.readContract({ ...contract, functionName: 'standingEpoch' }),
        ]),
      );
      return { posted: Number(posted), standing: Number(standing) };
    },
    async split(epoch) {
      const known = splits.get(epoch);
      if (known !== undefined) return known;
      const names = ['RouterBps', 'GuardsBps', 'OracleBps', 'TreasuryBps'] as const;
      const [router = 0n, guards = 0n, oracle = 0n, treasury = 0n] = await Promise.all(
        names.map((name) => parameterAt(client, deployment, name, epoch)),
      );
      const split = { router, guards, oracle, treasury };
      splits.set(epoch, split);
      return split;
    },
    async charged(sessions) {
      const charges = new Map<SessionId, { epoch: number; wei: Wei }>();
      if (sessions.length === 0 || !(await everVoided())) return new Map();
      const standing = new Map<bigint, boolean>();
      for (const session of sessions) {
        const args = { session };
        const logs = await codedRead(
          'SessionCharged',
          client.getContractEvents({ ...contract, eventName: 'SessionCharged', args, fromBlock: BigInt(deployment.block), strict: true }),
        );
        for (const { args: charge } of logs.reverse()) {
          const stands = standing.get(charge.epoch) ?? (await readEpoch(client, deployment, Number(charge.epoch))) !== undefined;
          standing.set(charge.epoch, stands);
          if (!stands) continue;
          charges.set(session, { epoch: Number(charge.epoch), wei: charge.cumulativeDebit });
          break;
        }
      }
      return new Map(sessions.map((session) => [session, charges.get(session)?.wei ?? 0n]));
    },
    async challenges(epoch) {
      const filter = { ...contract, args: { epoch: BigInt(epoch) }, fromBlock: BigInt(deployment.block), strict: true } as const;
      const [opened, answered] = await codedRead(
        'challenges',
        Promise.all([
          client.getContractEvents({ ...filter, eventName: 'ChallengeOpened' }),
          client.getContractEvents({ ...filter, eventName: 'ChallengeAnswered' }),
        ]),
      );
      const done = new Set(answered.map(({ args }) => `${args.part}:${args.index}`));
      return opened
        .filter(({ args }) => !done.has(`${args.part}:${args.index}`))
        .map(({ args }) => ({ epoch, part: PARTS[args.part] ?? 'tasks', index: args.index }));
    },
    posted: (epoch) => codedRead('posted', readEpoch(client, deployment, epoch)),
    async transactionOf(epoch) {
      const args = { epoch: BigInt(epoch) };
      const [log] = await client.getContractEvents({
        ...contract,
        eventName: 'EpochSettled',
        args,
        fromBlock: BigInt(deployment.block),
        strict: true,
      });
      return log === undefined ? undefined : { tx: log.transactionHash, block: Number(log.blockNumber) };
    },
    claimed: (account) => codedRead('claimed', client.readContract({ ...contract, functionName: 'claimed', args: [account] })),

    keysOf: epochsTouched,
    async load(keys, blockNumber) {
      // Only the newest can matter: older ones would fall out again.
      const fallen = keys.includes(FALL) ? epochs.map(({ epoch }) => epoch) : [];
      const named = keys.filter((key) => key !== SUMS && key !== FALL).map(Number);
      const touched = [...new Set([...named, ...fallen])].sort((a, b) => a - b).slice(-epochsMax);
      const [entries, nextFunded, nextClaimed] = await Promise.all([
        mapSlices(touched, (epoch) => readPosted(client, deployment, epoch, blockNumber)),
        client.readContract({ ...contract, functionName: 'funded', blockNumber }),
        client.readContract({ ...contract, functionName: 'totalClaimed', blockNumber }),
      ]);
      return () => {
        const gone = new Set(touched);
        const next = epochs.filter((entry) => !gone.has(entry.epoch));
        for (const entry of entries) if (entry !== undefined) next.push(entry);
        epochs = next.sort((a, b) => a.epoch - b.epoch).slice(-epochsMax);
        funded = nextFunded;
        totalClaimed = nextClaimed;
      };
    },
    reset() {
      epochs = [];
      funded = 0n;
      totalClaimed = 0n;
    },
  };
}

function epochsTouched(log: ChainLog): readonly string[] {
  switch (log.eventName) {
    case 'EpochSettled':
      return [SUMS, String(log.args.epoch)];
    case 'ChallengeOpened':
    case 'ChallengeAnswered':
      return [String(log.args.epoch)];
    case 'EpochsVoided':
      return [FALL];
    case 'Claimed':
      return [SUMS];
    default:
      return [];
  }
}
