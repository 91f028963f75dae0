import { type Abi, encodeDeployData, getContractAddress, type LocalAccount } from 'viem';
import type { Address, Hex, Wei } from '../types/index.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import type { Deployment } from './deployment.ts';
import { chainError } from './errors.ts';
import { corTokenBytecode } from './generated/CorToken.bytecode.ts';
import { corTokenAbi } from './generated/CorToken.ts';
import { nodeRegistryBytecode } from './generated/NodeRegistry.bytecode.ts';
import { nodeRegistryAbi } from './generated/NodeRegistry.ts';
import { parametersBytecode } from './generated/Parameters.bytecode.ts';
import { parametersAbi } from './generated/Parameters.ts';
import { EPOCH_SECONDS, PARAMETERS } from './generated/parameterTable.ts';
import { sessionManagerBytecode } from './generated/SessionManager.bytecode.ts';
import { sessionManagerAbi } from './generated/SessionManager.ts';
import { settlementBytecode } from './generated/Settlement.bytecode.ts';
import { settlementAbi } from './generated/Settlement.ts';
import { stakeVaultBytecode } from './generated/StakeVault.bytecode.ts';
import { stakeVaultAbi } from './generated/StakeVault.ts';
import { PARAMETER_NAMES, type ParameterName } from './parameters.ts';
import { connectRpc, type RpcClient, toChainError } from './rpc.ts';

/** What is fixed when the contracts are deployed. */
export interface DeployParams {
  /** Whole supply of COR, wei. */
  readonly supply: Wei;
  /** Who gets the supply; the deployer when absent. */
  readonly holder?: Address;
  /** Who may slash; nobody when absent. */
  readonly slasher?: Address;
  /** Who may change parameters; nobody when absent. */
  readonly governance?: Address;
  /** Who sets the levels of nodes; nobody when absent. */
  readonly reputation?: Address;
  /** Whom SessionManager and NodeRegistry ask before they let somebody in; absent lets everybody in. */
  readonly admission?: Address;
  /** Length of an epoch. */
  readonly epochSeconds: number;
  /** First values that differ from those of a network with real money; bounds are widened to hold them. */
  readonly parameters: Partial<Record<ParameterName, bigint>>;
}

const COR = 10n ** 18n;

export const DEPLOY_DEFAULTS: DeployParams = { supply: 1_000_000_000n * COR, epochSeconds: EPOCH_SECONDS, parameters: {} };

/** Value and bounds of each parameter, in the order of the contract: the shipped ones, or wide enough for the given values. */
export function parameterDefinitions(values: DeployParams['parameters']) {
  return PARAMETER_NAMES.map((name) => {
    const { value: standard, min, max } = PARAMETERS[name];
    const value = values[name] ?? standard;
    return { value, min: value < min ? value : min, max: value > max ? value : max };
  });
}

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

/** More than the largest contract needs (Parameters, about 4.5 million); five fit into a block of 30 million, the last waits for the next. */
const DEPLOY_GAS = 6_000_000n;
const ZERO: Address = `0x${'00'.repeat(20)}`;

interface Creation {
  readonly abi: Abi;
  readonly bytecode: Hex;
  readonly args: readonly unknown[];
}

/**
 * Deploys the contracts. All transactions are sent at once: addresses follow from the deployer's nonces, so that
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
    const [token, parameters, stakeVault, nodeRegistry, sessionManager, settlement] = [at(0), at(1), at(2), at(3), at(4), at(5)];
    const admission = params.admission ?? ZERO;
    const creations: readonly Creation[] = [
      { abi: corTokenAbi, bytecode: corTokenBytecode, args: [params.holder ?? deployer.address, params.supply] },
      {
        abi: parametersAbi,
        bytecode: parametersBytecode,
        args: [params.governance ?? ZERO, BigInt(params.epochSeconds), parameterDefinitions(params.parameters)],
      },
      { abi: stakeVaultAbi, bytecode: stakeVaultBytecode, args: [token, nodeRegistry, params.slasher ?? ZERO, parameters] },
      { abi: nodeRegistryAbi, bytecode: nodeRegistryBytecode, args: [stakeVault, parameters, admission, params.reputation ?? ZERO] },
      { abi: sessionManagerAbi, bytecode: sessionManagerBytecode, args: [token, parameters, admission] },
      { abi: settlementAbi, bytecode: settlementBytecode, args: [token, nodeRegistry, sessionManager, parameters, treasury] },
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
    return { chainId, token, parameters, stakeVault, nodeRegistry, sessionManager, settlement, block: Number(block) };
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
