import type { Address, Hex, Wei } from '../types/index.ts';
import type { Deployment } from './deployment.ts';
import { settlementAbi } from './generated/Settlement.ts';
import { codedRead, type RpcClient } from './rpc.ts';
import { type ChainLog, mapSlices, type TrackedView } from './view.ts';

/** A settled epoch. */
export interface EpochEntry {
  readonly epoch: number;
  readonly root: Hex;
  readonly tasksRoot: Hex;
  /** Sum of the root's leaves, wei. */
  readonly total: Wei;
  /** Unix ms from which it can be claimed against. */
  readonly activeAt: number;
}

/** What is fixed for good in Settlement. */
export interface SettlementParams {
  readonly treasury: Address;
  readonly challengeMs: number;
  readonly snapshotAgeMaxMs: number;
  /** Split of a task's cost in basis points; sums up to 10,000, remainders go to the miner. */
  readonly splitBps: {
    readonly miner: number;
    readonly router: number;
    readonly guards: number;
    readonly oracle: number;
    readonly treasury: number;
  };
}

export interface SettlementView {
  readonly params: SettlementParams;
  /** Last settled epoch as of the confirmed block. */
  latest(): EpochEntry | undefined;
  /** Settled epochs after one that are in memory, ascending. */
  after(epoch: number): readonly EpochEntry[];
  /** Newest epoch that can be claimed against at a chain time (unix ms). */
  active(atMs: number): EpochEntry | undefined;
  /** Wei that vouchers brought in, and wei paid out, ever. */
  readonly funded: Wei;
  readonly totalClaimed: Wei;
  /** Number of the newest epoch on chain, confirmed or not, read now; 0 before the first. @throws CHAIN_UNREACHABLE */
  newest(): Promise<number>;
  /** Any epoch, read now. @throws CHAIN_UNREACHABLE */
  posted(epoch: number): Promise<EpochEntry | undefined>;
  /** The transaction that settled an epoch, read now; undefined when none did. @throws CHAIN_UNREACHABLE */
  transactionOf(epoch: number): Promise<{ readonly tx: Hex; readonly block: number } | undefined>;
  /** Wei that an account has claimed, read now. @throws CHAIN_UNREACHABLE */
  claimed(account: Address): Promise<Wei>;
}

/** Epochs in memory: those that may still wait for their activation, and some more. */
export const EPOCHS_MAX = 256;

/** Sums of the whole contract, which every event may change. */
const SUMS = 'sums';

export async function readSettlementParams(client: RpcClient, deployment: Deployment): Promise<SettlementParams> {
  const contract = { address: deployment.settlement, abi: settlementAbi } as const;
  const [treasury, challenge, age, miner, router, guards, oracle, share] = await Promise.all([
    client.readContract({ ...contract, functionName: 'treasury' }),
    client.readContract({ ...contract, functionName: 'challengeSeconds' }),
    client.readContract({ ...contract, functionName: 'snapshotAgeMax' }),
    client.readContract({ ...contract, functionName: 'MINER_BPS' }),
    client.readContract({ ...contract, functionName: 'ROUTER_BPS' }),
    client.readContract({ ...contract, functionName: 'GUARDS_BPS' }),
    client.readContract({ ...contract, functionName: 'ORACLE_BPS' }),
    client.readContract({ ...contract, functionName: 'TREASURY_BPS' }),
  ]);
  return {
    treasury: treasury.toLowerCase() as Address,
    challengeMs: Number(challenge) * 1000,
    snapshotAgeMaxMs: Number(age) * 1000,
    splitBps: {
      miner: Number(miner),
      router: Number(router),
      guards: Number(guards),
      oracle: Number(oracle),
      treasury: Number(share),
    },
  };
}

export async function readEpoch(
  client: RpcClient,
  deployment: Deployment,
  epoch: number,
  blockNumber?: bigint,
): Promise<EpochEntry | undefined> {
  const posted = await client.readContract({
    address: deployment.settlement,
    abi: settlementAbi,
    functionName: 'posted',
    args: [BigInt(epoch)],
    ...(blockNumber === undefined ? {} : { blockNumber }),
  });
  if (BigInt(posted.root) === 0n) return undefined;
  return { epoch, root: posted.root, tasksRoot: posted.tasksRoot, total: posted.total, activeAt: posted.activeAt * 1000 };
}

export function createSettlementView(
  client: RpcClient,
  deployment: Deployment,
  params: SettlementParams,
  epochsMax: number = EPOCHS_MAX,
): SettlementView & TrackedView {
  /** Ascending. */
  let epochs: EpochEntry[] = [];
  let funded = 0n;
  let totalClaimed = 0n;
  const contract = { address: deployment.settlement, abi: settlementAbi } as const;

  return {
    params,
    latest: () => epochs.at(-1),
    after: (epoch) => epochs.filter((entry) => entry.epoch > epoch),
    active: (atMs) => epochs.findLast((entry) => entry.activeAt <= atMs),
    get funded() {
      return funded;
    },
    get totalClaimed() {
      return totalClaimed;
    },
    newest: async () => Number(await codedRead('latestEpoch', client.readContract({ ...contract, functionName: 'latestEpoch' }))),
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
      const touched = keys
        .filter((key) => key !== SUMS)
        .map(Number)
        .sort((a, b) => a - b)
        .slice(-epochsMax);
      const [entries, nextFunded, nextClaimed] = await Promise.all([
        mapSlices(touched, (epoch) => readEpoch(client, deployment, epoch, blockNumber)),
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
  if (log.eventName === 'EpochSettled') return [SUMS, String(log.args.epoch)];
  return log.eventName === 'Claimed' ? [SUMS] : [];
}
