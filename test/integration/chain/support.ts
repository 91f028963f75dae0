import { pino } from 'pino';
import { createTestClient, http, type LocalAccount } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { type Anvil, startAnvil } from '../../../src/chain/anvil.ts';
import { type Chain, type ChainOptions, openChain } from '../../../src/chain/client.ts';
import { type DeployParams, deployAll } from '../../../src/chain/deploy/index.ts';
import type { Deployment } from '../../../src/chain/deployment.ts';
import { type ChainWriter, openWriter } from '../../../src/chain/writer.ts';
import { peerIdOfKey } from '../../../src/crypto/peerId.ts';
import type { Address, Hex, ModelId } from '../../../src/types/index.ts';

export const COR = 10n ** 18n;
export const CHAIN_ID = 31_337;
export const MODEL = `0x${'ab'.repeat(32)}` as ModelId;
export const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`;
export const log = pino({ level: 'silent' });

/** Accounts that anvil funds. */
export function account(index: number): LocalAccount {
  return mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: index });
}

export const peerId = (index: number): string => peerIdOfKey(new Uint8Array(32).fill(index + 1));
export const lower = (address: string): Address => address.toLowerCase() as Address;

export const PARAMS: Partial<DeployParams> = {
  epochSeconds: 2,
  parameters: {
    MinStakeRouterWei: COR,
    MinStakeMinerWei: COR,
    MinStakeGuardWei: COR,
    MinStakeOracleWei: COR,
    ThawSeconds: 100n,
    ChallengeSeconds: 60n,
    DataSeconds: 30n,
    BeaconCommitSeconds: 1n,
    BeaconRevealSeconds: 1n,
    AppealSeconds: 10n,
    DisputeCommitSeconds: 10n,
    DisputeRevealSeconds: 10n,
    CheckpointChallengeSeconds: 10n,
    SlashAppealSeconds: 60n,
    UnbondingSeconds: 1_000n,
    SnapshotAgeMaxSeconds: 1_000n,
  },
};

/** A chain with the contracts on it, and what a test wants to do to it. */
export interface Stage {
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  readonly node: ReturnType<typeof testClient>;
  writer(account: LocalAccount): Promise<ChainWriter>;
  chain(options?: Partial<ChainOptions>): Promise<Chain>;
  close(): Promise<void>;
}

function testClient(rpcUrl: string) {
  return createTestClient({ mode: 'anvil', transport: http(rpcUrl) });
}

export async function stage(params: Partial<DeployParams> = PARAMS): Promise<Stage> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, accounts: 12 });
  const { rpcUrl } = anvil;
  const deployment = await deployAll({
    rpcUrl,
    chainId: CHAIN_ID,
    deployerAccount: account(0),
    treasury: account(9).address,
    params,
  });
  const writers: ChainWriter[] = [];
  const chains: Chain[] = [];
  return {
    anvil,
    deployment,
    node: testClient(rpcUrl),
    async writer(from) {
      const writer = await openWriter({ rpcUrl, deployment, account: from, log, receiptPollMs: 10 });
      writers.push(writer);
      return writer;
    },
    async chain(options = {}) {
      const chain = await openChain({ rpcUrl, deployment, confirmations: 0, pollMs: 20, log, ...options });
      chains.push(chain);
      return chain;
    },
    async close() {
      for (const writer of writers) writer.close();
      for (const chain of chains) await chain.close();
      await anvil.close(500);
    },
  };
}
