import type { Logger } from 'pino';
import { createTestClient, http } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { type Anvil, startAnvil } from '../chain/anvil.ts';
import { deployAll } from '../chain/deploy/index.ts';
import type { Deployment } from '../chain/deployment.ts';
import { openWriter } from '../chain/writer.ts';
import type { Identity } from '../crypto/identity.ts';
import type { Address } from '../types/index.ts';
import { CHAIN_ID, type NodePlan, STAKE } from './plan.ts';

/** Public test keys of every anvil chain: worth nothing anywhere else. */
const MNEMONIC = 'test test test test test test test test test test test junk';
const GAS_MONEY = 10n ** 21n;
/** Windows short enough to watch; real deployments have hours (docs/contracts). */
const PARAMS = {
  epochSeconds: 2,
  parameters: {
    ChallengeSeconds: 2n,
    DataSeconds: 2n,
    SnapshotAgeMaxSeconds: 3_600n,
    ThawSeconds: 5n,
    UnbondingSeconds: 3_600n,
    BeaconCommitSeconds: 1n,
    BeaconRevealSeconds: 1n,
    AppealSeconds: 10n,
    DisputeCommitSeconds: 10n,
    DisputeRevealSeconds: 10n,
    CheckpointChallengeSeconds: 10n,
    SlashAppealSeconds: 60n,
    MinStakeRouterWei: STAKE.router,
    MinStakeMinerWei: STAKE.miner,
    MinStakeGuardWei: STAKE.guard,
    MinStakeOracleWei: STAKE.oracle,
  },
};

export interface Genesis {
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  readonly treasury: Address;
}

/** A chain with the contracts on it. */
export async function startChain(): Promise<Genesis> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, blockTimeSeconds: 1, mixedMining: true });
  try {
    const treasury = mnemonicToAccount(MNEMONIC, { addressIndex: 1 }).address;
    const deployer = mnemonicToAccount(MNEMONIC);
    const deployment = await deployAll({ rpcUrl: anvil.rpcUrl, chainId: CHAIN_ID, deployerAccount: deployer, treasury, params: PARAMS });
    return { anvil, deployment, treasury };
  } catch (error) {
    await anvil.close();
    throw error;
  }
}

/** Gives everybody gas and each client COR to open sessions with; then each node's owner stakes and registers, side by side. */
export async function fund(
  genesis: Genesis,
  nodes: readonly { readonly plan: NodePlan; readonly identity: Identity }[],
  clients: readonly { readonly address: Address; readonly amount: bigint }[],
  log: Logger,
): Promise<void> {
  const { anvil, deployment } = genesis;
  const chain = createTestClient({ mode: 'anvil', transport: http(anvil.rpcUrl) });
  const accounts = [
    ...clients.map(({ address }) => address),
    ...nodes.flatMap(({ plan, identity }) => [plan.owner.address, identity.operator.address]),
  ];
  await Promise.all(accounts.map((address) => chain.setBalance({ address, value: GAS_MONEY })));

  const common = { rpcUrl: anvil.rpcUrl, deployment, log, receiptPollMs: 50 };
  const deployer = await openWriter({ ...common, account: mnemonicToAccount(MNEMONIC) });
  await Promise.all([
    ...clients.map(({ address, amount }) => deployer.transfer(address, amount)),
    ...nodes.map(({ plan }) => deployer.transfer(plan.owner.address, STAKE[plan.role])),
  ]);
  deployer.close();
  await Promise.all(
    nodes.map(async ({ plan, identity }) => {
      const owner = await openWriter({ ...common, account: plan.owner });
      const details = { peerId: identity.peer.peerId, roles: [plan.role], encryptionKey: identity.encryption.publicKey };
      await owner.stakeAndRegister({ details, operator: identity.operator, stake: STAKE[plan.role] });
      owner.close();
    }),
  );
}
