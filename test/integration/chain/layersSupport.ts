import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  createTestClient,
  type Hex,
  http,
  type LocalAccount,
  publicActions,
  type TransactionReceipt,
  walletActions,
} from 'viem';
import { type Anvil, startAnvil } from '../../../src/chain/anvil.ts';
import { deployLayers } from '../../../src/chain/deploy/index.ts';
import type { Layers } from '../../../src/chain/deployment.ts';
import { checkpointAnchorAbi } from '../../../src/chain/generated/CheckpointAnchor.ts';
import { inboxAbi } from '../../../src/chain/generated/Inbox.ts';
import { type Checkpoint, checkpointTypedData, readCheckpoint } from '../../../src/chain/layers/checkpoint.ts';
import { type Message, messagesIn, proveMessage, type StateProof } from '../../../src/chain/layers/message.ts';
import { connectRpc, type RpcClient } from '../../../src/chain/rpc.ts';
import { account, COR } from './support.ts';

export const CHECKPOINT_SECONDS = 60;
const ACCOUNTS = 16;
/** Sit in every oracle set. */
export const seats = [1, 2, 3, 4].map(account);
/** Holds the supply on the first layer and is an admin of the third. */
export const holder = account(5);
export const treasury = account(6);

const GOVERNOR = { votingDelaySeconds: 10, votingPeriodSeconds: 100, proposalThreshold: COR, quorumPercent: 4n, timelockSeconds: 50n };
const PARAMETERS = {
  MinStakeRouterWei: COR,
  MinStakeMinerWei: COR,
  MinStakeGuardWei: COR,
  MinStakeOracleWei: COR,
  BeaconCommitSeconds: 1n,
  BeaconRevealSeconds: 1n,
  ThawSeconds: 100n,
  ChallengeSeconds: 60n,
  DataSeconds: 30n,
  AppealSeconds: 10n,
  DisputeCommitSeconds: 10n,
  DisputeRevealSeconds: 10n,
  CheckpointChallengeSeconds: BigInt(CHECKPOINT_SECONDS),
  SlashAppealSeconds: 600n,
  UnbondingSeconds: 3_600n,
  SnapshotAgeMaxSeconds: 3_600n,
};

export interface Call {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args?: readonly unknown[];
}

/** A chain, and what a test wants to do to it. */
export interface Layer {
  readonly anvil: Anvil;
  readonly chainId: number;
  readonly rpc: RpcClient;
  send(call: Call, from: LocalAccount): Promise<TransactionReceipt>;
  read<T>(call: Call): Promise<T>;
  /** Name of the custom error that the call would revert with. */
  revertOf(call: Call, from?: LocalAccount): Promise<string>;
  now(): Promise<number>;
  pass(seconds: number): Promise<void>;
}

async function startLayer(chainId: number): Promise<Layer> {
  const anvil = await startAnvil({ chainId, accounts: ACCOUNTS });
  const chain = {
    id: chainId,
    name: `layer ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [anvil.rpcUrl] } },
  };
  const node = createTestClient({ mode: 'anvil', chain, transport: http(anvil.rpcUrl), pollingInterval: 10, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions);
  return {
    anvil,
    chainId,
    rpc: connectRpc(anvil.rpcUrl),
    async send(call, from) {
      const { request } = await node.simulateContract({ ...call, account: from });
      // An epoch that begins before the block does costs a new checkpoint, which the estimate does not have.
      const gas = ((await node.estimateContractGas({ ...call, account: from })) * 3n) / 2n;
      const receipt = await node.waitForTransactionReceipt({ hash: await node.writeContract({ ...request, gas }) });
      if (receipt.status !== 'success') throw new Error(`${call.functionName} reverted`);
      return receipt;
    },
    read: async <T>(call: Call) => (await node.readContract(call)) as T,
    async revertOf(call, from = account(0)) {
      try {
        await node.simulateContract({ ...call, account: from });
      } catch (error) {
        const reverted = error instanceof BaseError && error.walk((inner) => inner instanceof ContractFunctionRevertedError);
        if (!(reverted instanceof ContractFunctionRevertedError)) throw error;
        return reverted.data?.errorName ?? reverted.signature ?? 'without reason';
      }
      return 'nothing';
    },
    now: async () => Number((await node.getBlock()).timestamp),
    async pass(seconds) {
      await node.increaseTime({ seconds });
      await node.mine({ blocks: 1 });
    },
  };
}

export interface LayerStage {
  readonly l1: Layer;
  readonly l2: Layer;
  readonly l3: Layer;
  readonly layers: Layers;
  close(): Promise<void>;
}

/** Three chains with everything on them; members of the third are given by account. */
export async function startLayers(members: readonly { account: Address; permissions: number }[]): Promise<LayerStage> {
  const [l1, l2, l3] = await Promise.all([startLayer(31_337), startLayer(31_338), startLayer(31_339)]);
  const common = { oracles: seats.map(({ address }) => address), treasury: treasury.address };
  const layers = await deployLayers({
    chains: { l1: endpoint(l1), l2: endpoint(l2), l3: endpoint(l3) },
    deployerAccount: account(0),
    params: { supply: 1_000_000n * COR, holder: holder.address, governor: GOVERNOR, epochSeconds: 2, parameters: PARAMETERS },
    l2: common,
    l3: { ...common, members: members.map((member) => ({ ...member, expiry: 2 ** 40 })) },
  });
  await Promise.all([l1.pass(2), l2.pass(2), l3.pass(2)]);
  return { l1, l2, l3, layers, close: async () => void (await Promise.all([l1, l2, l3].map(({ anvil }) => anvil.close(500)))) };
}

const endpoint = ({ anvil, chainId }: Layer) => ({ rpcUrl: anvil.rpcUrl, chainId });

/** A chain as the other one of a pair sees it: what is sent there, and what is believed there. */
export interface Side {
  readonly layer: Layer;
  readonly outbox: Address;
  readonly anchor: Address;
  readonly inbox: Address;
}

/** Reverts of the anchor bubble up through the contracts that ask it. */
export const ANCHOR_ERRORS = checkpointAnchorAbi.filter((item) => item.type === 'error');

export function signCheckpoint(oracles: readonly LocalAccount[], to: Side, fromChainId: number, checkpoint: Checkpoint): Promise<Hex[]> {
  const sorted = [...oracles].sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));
  const data = checkpointTypedData({ chainId: to.layer.chainId, anchor: to.anchor }, fromChainId, checkpoint);
  return Promise.all(sorted.map((oracle) => oracle.signTypedData(data)));
}

/** The seats anchor a new block of `from` on `to`; its number. */
export async function anchorBlock(from: Side, to: Side): Promise<Checkpoint> {
  await from.layer.pass(1);
  const { checkpoint, header } = await readCheckpoint(from.layer.rpc);
  const signatures = await signCheckpoint(seats, to, from.layer.chainId, checkpoint);
  const snapshot = BigInt(await to.layer.now());
  await to.layer.pass(2);
  await to.layer.send(
    { address: to.anchor, abi: checkpointAnchorAbi, functionName: 'submit', args: [header, snapshot, signatures] },
    holder,
  );
  return checkpoint;
}

/** The message that a transaction sent, proven by an anchored block that is not believed yet. */
export async function anchorMessage(from: Side, to: Side, receipt: TransactionReceipt): Promise<{ message: Message; proof: StateProof }> {
  const message = messageIn(from, receipt);
  const { number } = await anchorBlock(from, to);
  return { message, proof: await proveMessage(from.layer.rpc, from.outbox, message, number) };
}

export function messageIn(from: Side, receipt: TransactionReceipt): Message {
  const [message] = messagesIn(from.layer.chainId, receipt.logs);
  if (message === undefined) throw new Error('the transaction sent no message');
  return message;
}

export const executeCall = (to: Side, message: Message, proof: StateProof): Call => ({
  address: to.inbox,
  abi: [...inboxAbi, ...ANCHOR_ERRORS],
  functionName: 'execute',
  args: [message, proof.number, proof.accountProof, proof.storageProof],
});

/** Anchors, waits and executes: what the message orders is done. */
export async function carry(from: Side, to: Side, receipt: TransactionReceipt): Promise<void> {
  const { message, proof } = await anchorMessage(from, to, receipt);
  await to.layer.pass(CHECKPOINT_SECONDS);
  await to.layer.send(executeCall(to, message, proof), holder);
}
