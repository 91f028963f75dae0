import { type Abi, encodeDeployData, getContractAddress, type LocalAccount } from 'viem';
import type { Address, Hex } from '../../types/index.ts';
import type { Clock } from '../../util/clock.ts';
import { chainError } from '../errors.ts';
import { connectRpc, type RpcClient, toChainError } from '../rpc.ts';

export interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

/** More than the largest contract needs: Parameters and the governor take about 5 million. */
const DEPLOY_GAS = 6_000_000n;
const POLL_MS = 50;

/**
 * Contracts to be deployed on one chain by one account. Addresses follow from the deployer's nonces, so contracts can name each
 * other, also across chains, before any of them exists; constructor arguments are asked for when all are planned.
 */
export class DeployPlan {
  readonly chainId: number;
  /** Block before the first creation. */
  readonly block: number;
  readonly #client: RpcClient;
  readonly #deployer: LocalAccount;
  readonly #nonce: number;
  readonly #creations: { artifact: Artifact; args: () => readonly unknown[] }[] = [];

  private constructor(client: RpcClient, deployer: LocalAccount, at: { chainId: number; block: number; nonce: number }) {
    this.#client = client;
    this.#deployer = deployer;
    this.#nonce = at.nonce;
    this.chainId = at.chainId;
    this.block = at.block;
  }

  /** @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID */
  static async open(rpcUrl: string, chainId: number, deployer: LocalAccount): Promise<DeployPlan> {
    const client = connectRpc(rpcUrl);
    try {
      const actual = await client.getChainId();
      if (actual !== chainId) throw chainError('CHAIN_WRONG_ID', `asked for chain ${chainId}, got ${actual}`, { chainId, actual });
      const [nonce, block] = await Promise.all([
        client.getTransactionCount({ address: deployer.address, blockTag: 'pending' }),
        client.getBlockNumber(),
      ]);
      return new DeployPlan(client, deployer, { chainId, nonce, block: Number(block) });
    } catch (error) {
      throw toChainError('deploy', error);
    }
  }

  /** Plans the next contract and gives the address that it will have. */
  create(artifact: Artifact, args: () => readonly unknown[]): Address {
    const nonce = BigInt(this.#nonce + this.#creations.length);
    this.#creations.push({ artifact, args });
    return getContractAddress({ from: this.#deployer.address, nonce }).toLowerCase() as Address;
  }

  /** Sends all creations at once and waits until they are mined. @throws CHAIN_UNREACHABLE, CHAIN_REVERTED, CHAIN_TX_REFUSED, CHAIN_TX_TIMEOUT */
  async send(clock: Clock, timeoutMs: number): Promise<void> {
    try {
      const fees = await this.#client.estimateFeesPerGas();
      const signed = await Promise.all(
        this.#creations.map(({ artifact, args }, i) =>
          this.#deployer.signTransaction({
            type: 'eip1559',
            chainId: this.chainId,
            nonce: this.#nonce + i,
            gas: DEPLOY_GAS,
            maxFeePerGas: fees.maxFeePerGas * 2n,
            maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
            data: encodeDeployData({ ...artifact, args: args() }),
          }),
        ),
      );
      const hashes: Hex[] = [];
      // In nonce order: a node that gets them out of order may refuse the later ones.
      for (const serializedTransaction of signed) hashes.push(await this.#client.sendRawTransaction({ serializedTransaction }));
      await this.#mined(hashes, clock, clock.monotonic() + timeoutMs);
    } catch (error) {
      throw toChainError('deploy', error);
    }
  }

  async #mined(hashes: readonly Hex[], clock: Clock, deadline: number): Promise<void> {
    for (const hash of hashes) {
      for (;;) {
        const receipt = await this.#client.getTransactionReceipt({ hash }).catch(notFoundYet);
        if (receipt?.status === 'success') break;
        if (receipt !== undefined) throw chainError('CHAIN_REVERTED', `deployment transaction ${hash} reverted`, { hash });
        if (clock.monotonic() >= deadline) throw chainError('CHAIN_TX_TIMEOUT', `deployment transaction ${hash} is not mined`, { hash });
        await clock.sleep(POLL_MS);
      }
    }
  }
}

function notFoundYet(error: unknown): undefined {
  if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined;
  throw error;
}
