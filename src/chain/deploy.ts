import { type Abi, encodeDeployData, getContractAddress, type LocalAccount } from 'viem';
import type { Address, Hex, Role, Wei } from '../types/index.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import type { Deployment } from './deployment.ts';
import { chainError } from './errors.ts';
import { corTokenBytecode } from './generated/CorToken.bytecode.ts';
import { corTokenAbi } from './generated/CorToken.ts';
import { nodeRegistryBytecode } from './generated/NodeRegistry.bytecode.ts';
import { nodeRegistryAbi } from './generated/NodeRegistry.ts';
import { sessionManagerBytecode } from './generated/SessionManager.bytecode.ts';
import { sessionManagerAbi } from './generated/SessionManager.ts';
import { settlementBytecode } from './generated/Settlement.bytecode.ts';
import { settlementAbi } from './generated/Settlement.ts';
import { stakeVaultBytecode } from './generated/StakeVault.bytecode.ts';
import { stakeVaultAbi } from './generated/StakeVault.ts';
import { connectRpc, type RpcClient, toChainError } from './rpc.ts';

/** What is fixed for good when the contracts are deployed. */
export interface DeployParams {
  /** Whole supply of COR, wei. */
  readonly supply: Wei;
  /** Who gets the supply; the deployer when absent. */
  readonly holder?: Address;
  /** Who may slash; nobody when absent. */
  readonly slasher?: Address;
  readonly unbondingSeconds: number;
  /** Stake that each role needs, wei; a node with several roles needs their sum. */
  readonly minStake: Readonly<Record<Role, Wei>>;
  /** Seconds that payees have between a client's notice and its withdrawal. */
  readonly thawSeconds: number;
  /** Seconds between an epoch's root and claims against it. */
  readonly challengeSeconds: number;
  /** Seconds that the guards' weights of a settlement may be old; at most `unbondingSeconds`. */
  readonly snapshotAgeMaxSeconds: number;
}

const COR = 10n ** 18n;

export const DEPLOY_DEFAULTS: DeployParams = {
  supply: 1_000_000_000n * COR,
  unbondingSeconds: 7 * 86_400,
  minStake: { router: 1_000n * COR, miner: 1_000n * COR, guard: 5_000n * COR, oracle: 10_000n * COR },
  thawSeconds: 86_400,
  challengeSeconds: 3_600,
  snapshotAgeMaxSeconds: 86_400,
};

export interface DeployOptions {
  readonly rpcUrl: string;
  readonly chainId: number;
  /** Pays for gas; signs locally. */
  readonly deployerAccount: LocalAccount;
  readonly treasury: Address;
  readonly params?: Partial<DeployParams>;
  readonly clock?: Clock;
  /** Longest wait for the last contract to be mined. */
  readonly timeoutMs?: number;
}

/** More than the largest contract needs (about 2.5 million), and five fit into a block of 30 million. */
const DEPLOY_GAS = 5_000_000n;
const ZERO: Address = `0x${'00'.repeat(20)}`;

interface Creation {
  readonly abi: Abi;
  readonly bytecode: Hex;
  readonly args: readonly unknown[];
}

/**
 * Deploys the five contracts. All transactions are sent at once: addresses follow from the deployer's nonces, so that
 * contracts can name each other before they exist.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID, CHAIN_REVERTED, CHAIN_TX_REFUSED, CHAIN_TX_TIMEOUT
 */
export async function deployAll(options: DeployOptions): Promise<Deployment> {
  const { rpcUrl, chainId, deployerAccount: deployer, treasury } = options;
  const params = { ...DEPLOY_DEFAULTS, ...options.params };
  const client = connectRpc(rpcUrl);
  try {
    const actual = await client.getChainId();
    if (actual !== chainId) throw chainError('CHAIN_WRONG_ID', `asked for chain ${chainId}, got ${actual}`, { chainId, actual });
    const [nonce, block, fees] = await Promise.all([
      client.getTransactionCount({ address: deployer.address, blockTag: 'pending' }),
      client.getBlockNumber(),
      client.estimateFeesPerGas(),
    ]);
    const at = (offset: number): Address =>
      getContractAddress({ from: deployer.address, nonce: BigInt(nonce + offset) }).toLowerCase() as Address;
    const [token, stakeVault, nodeRegistry, sessionManager, settlement] = [at(0), at(1), at(2), at(3), at(4)];
    const { router, miner, guard, oracle } = params.minStake;
    const creations: readonly Creation[] = [
      { abi: corTokenAbi, bytecode: corTokenBytecode, args: [params.holder ?? deployer.address, params.supply] },
      {
        abi: stakeVaultAbi,
        bytecode: stakeVaultBytecode,
        args: [token, nodeRegistry, params.slasher ?? ZERO, BigInt(params.unbondingSeconds)],
      },
      { abi: nodeRegistryAbi, bytecode: nodeRegistryBytecode, args: [stakeVault, { router, miner, guard, oracle }] },
      { abi: sessionManagerAbi, bytecode: sessionManagerBytecode, args: [token, BigInt(params.thawSeconds)] },
      {
        abi: settlementAbi,
        bytecode: settlementBytecode,
        args: [token, nodeRegistry, sessionManager, treasury, BigInt(params.challengeSeconds), BigInt(params.snapshotAgeMaxSeconds)],
      },
    ];
    const signed = await Promise.all(
      creations.map(({ abi, bytecode, args }, i) =>
        deployer.signTransaction({
          type: 'eip1559',
          chainId,
          nonce: nonce + i,
          gas: DEPLOY_GAS,
          maxFeePerGas: fees.maxFeePerGas * 2n,
          maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
          data: encodeDeployData({ abi, bytecode, args }),
        }),
      ),
    );
    const hashes: Hex[] = [];
    // In nonce order: a node that gets them out of order may refuse the later ones.
    for (const serializedTransaction of signed) hashes.push(await client.sendRawTransaction({ serializedTransaction }));
    await waitForAll(client, hashes, options.clock ?? systemClock, options.timeoutMs ?? 120_000);
    return { chainId, token, stakeVault, nodeRegistry, sessionManager, settlement, block: Number(block) };
  } catch (error) {
    throw toChainError('deploy', error);
  }
}

const POLL_MS = 50;

async function waitForAll(client: RpcClient, hashes: readonly Hex[], clock: Clock, timeoutMs: number): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs;
  for (const hash of hashes) {
    for (;;) {
      const receipt = await client.getTransactionReceipt({ hash }).catch(notFoundYet);
      if (receipt?.status === 'success') break;
      if (receipt !== undefined) throw chainError('CHAIN_REVERTED', `deployment transaction ${hash} reverted`, { hash });
      if (clock.monotonic() >= deadline) throw chainError('CHAIN_TX_TIMEOUT', `deployment transaction ${hash} is not mined`, { hash });
      await clock.sleep(POLL_MS);
    }
  }
}

function notFoundYet(error: unknown): undefined {
  if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined;
  throw error;
}
