import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  createTestClient,
  encodeDeployData,
  getContractAddress,
  type Hex,
  http,
  type LocalAccount,
  publicActions,
  walletActions,
  zeroAddress,
} from 'viem';
import { type Anvil, startAnvil } from '../../../src/chain/anvil.ts';
import { parameterDefinitions } from '../../../src/chain/deploy.ts';
import { parametersBytecode } from '../../../src/chain/generated/Parameters.bytecode.ts';
import { parametersAbi } from '../../../src/chain/generated/Parameters.ts';
import { EPOCH_SECONDS } from '../../../src/chain/generated/parameterTable.ts';
import { encodeHeader, type RpcBlock } from '../../../src/chain/header.ts';
import { account } from './support.ts';

export const WINDOW_SECONDS = 3_600;
/** Deploys Parameters, so that the addresses of the other contracts count from the deployer's first transaction. */
const FOUNDER = account(11);

export interface Call {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

export interface Layer {
  readonly anvil: Anvil;
  readonly chainId: number;
  readonly parameters: Address;
  readonly node: ReturnType<typeof connect>;
  /** Address of the deployer's contract number `nonce`. */
  at(nonce: number): Address;
  deploy(abi: Abi, bytecode: Hex, args: readonly unknown[]): Promise<Address>;
  send(call: Call, from?: LocalAccount): Promise<{ gasUsed: bigint }>;
  /** Name of the custom error that the call would revert with. */
  revertOf(call: Call): Promise<string>;
  pass(seconds: number): Promise<void>;
}

function connect(rpcUrl: string, chainId: number) {
  const chain = {
    id: chainId,
    name: `layer ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  };
  return createTestClient({ mode: 'anvil', chain, account: account(0), transport: http(rpcUrl), pollingInterval: 10, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions);
}

export async function startLayer(chainId: number): Promise<Layer> {
  const anvil = await startAnvil({ chainId, accounts: 12 });
  const node = connect(anvil.rpcUrl, chainId);
  const deployer = account(0);
  const succeed = async (hash: Hex) => {
    const receipt = await node.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`);
    return receipt;
  };
  const create = async (abi: Abi, bytecode: Hex, args: readonly unknown[], from: LocalAccount): Promise<Address> =>
    (await succeed(await node.sendTransaction({ account: from, data: encodeDeployData({ abi, bytecode, args }) })))
      .contractAddress as Address;
  const definitions = parameterDefinitions({ CheckpointChallengeSeconds: BigInt(WINDOW_SECONDS) });
  const parameters = await create(parametersAbi, parametersBytecode, [zeroAddress, BigInt(EPOCH_SECONDS), definitions], FOUNDER);
  return {
    anvil,
    chainId,
    parameters,
    node,
    at: (nonce) => getContractAddress({ from: deployer.address, nonce: BigInt(nonce) }),
    deploy: (abi, bytecode, args) => create(abi, bytecode, args, deployer),
    async send(call, from = deployer) {
      const { request } = await node.simulateContract({ ...call, account: from });
      return succeed(await node.writeContract(request));
    },
    async revertOf(call) {
      try {
        await node.simulateContract({ ...call, account: deployer });
      } catch (error) {
        const reverted = error instanceof BaseError && error.walk((inner) => inner instanceof ContractFunctionRevertedError);
        if (!(reverted instanceof ContractFunctionRevertedError)) throw error;
        return reverted.data?.errorName ?? reverted.signature ?? 'without reason';
      }
      return 'nothing';
    },
    async pass(seconds) {
      await node.increaseTime({ seconds });
      await node.mine({ blocks: 1 });
    },
  };
}

export interface Statement {
  readonly number: bigint;
  readonly hash: Hex;
  readonly stateRoot: Hex;
}

/** The latest block, as oracles state it and with the header that proves it. */
export async function latestStatement(layer: Layer): Promise<{ statement: Statement; header: Hex }> {
  const request = { method: 'eth_getBlockByNumber', params: ['latest', false] } as never;
  const block = (await layer.node.request(request)) as unknown as RpcBlock & { number: Hex; hash: Hex; stateRoot: Hex };
  return {
    statement: { number: BigInt(block.number), hash: block.hash, stateRoot: block.stateRoot },
    header: encodeHeader(block),
  };
}

const CHECKPOINT = [
  { name: 'chainId', type: 'uint256' },
  { name: 'number', type: 'uint64' },
  { name: 'hash', type: 'bytes32' },
  { name: 'stateRoot', type: 'bytes32' },
] as const;

/** Signatures of the oracles over a statement about chain `remoteChainId`, sorted by signer. */
export function signStatement(oracles: readonly LocalAccount[], on: Layer, anchor: Address, remoteChainId: number, statement: Statement) {
  const sorted = [...oracles].sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));
  return Promise.all(
    sorted.map((oracle) =>
      oracle.signTypedData({
        domain: { name: 'cortensord', version: '1', chainId: on.chainId, verifyingContract: anchor },
        types: { Checkpoint: CHECKPOINT },
        primaryType: 'Checkpoint',
        message: { chainId: BigInt(remoteChainId), ...statement },
      }),
    ),
  );
}
