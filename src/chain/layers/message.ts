import { encodeAbiParameters, keccak256, type Log, parseEventLogs } from 'viem';
import type { Address, Hex } from '../../types/index.ts';
import { outboxAbi } from '../generated/Outbox.ts';
import type { RpcClient } from '../rpc.ts';

/** A call from a contract of one layer to one of another (contracts/src/types/Message.sol). */
export interface Message {
  readonly fromChainId: bigint;
  readonly sender: Address;
  readonly toChainId: bigint;
  readonly target: Address;
  readonly nonce: bigint;
  readonly data: Hex;
}

/** A storage slot of a contract, proven against the state root of a block. */
export interface StateProof {
  readonly number: bigint;
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly Hex[];
}

const words = (...values: readonly Hex[]): Hex =>
  encodeAbiParameters(
    values.map(() => ({ type: 'bytes32' })),
    values,
  );
const padded = (address: Address): Hex => `0x${'00'.repeat(12)}${address.slice(2)}`;
const SLOT_ZERO: Hex = `0x${'00'.repeat(32)}`;
/** Slot of a mapping's value; the mapping stands in `slot`. */
const entryOf = (key: Hex, slot: Hex): Hex => keccak256(words(key, slot));

/** Messages that a transaction sent through the outbox of its chain, in order. */
export function messagesIn(chainId: number, logs: readonly Log[]): Message[] {
  return parseEventLogs({ abi: outboxAbi, logs: [...logs], eventName: 'MessageSent' }).map(({ args }) => ({
    fromChainId: BigInt(chainId),
    sender: args.sender,
    toChainId: args.toChainId,
    target: args.target,
    nonce: args.nonce,
    data: args.data,
  }));
}

/** The name that both chains give it. */
export function messageHash(outbox: Address, message: Message): Hex {
  const { fromChainId, sender, toChainId, target, nonce, data } = message;
  return keccak256(
    encodeAbiParameters(
      [
        { type: 'address' },
        { type: 'uint256' },
        { type: 'address' },
        { type: 'uint256' },
        { type: 'address' },
        { type: 'uint256' },
        { type: 'bytes32' },
      ],
      [outbox, fromChainId, sender, toChainId, target, nonce, keccak256(data)],
    ),
  );
}

/** Proof, as of a block, of whether the outbox sent the message. */
export function proveMessage(client: RpcClient, outbox: Address, message: Message, number: bigint): Promise<StateProof> {
  return prove(client, outbox, entryOf(messageHash(outbox, message), SLOT_ZERO), number);
}

/** Proof, as of a block, of the active stake of a pair in a StakeVault. */
export function proveStake(client: RpcClient, vault: Address, owner: Address, operator: Address, number: bigint): Promise<StateProof> {
  return prove(client, vault, entryOf(padded(operator), entryOf(padded(owner), SLOT_ZERO)), number);
}

async function prove(client: RpcClient, address: Address, slot: Hex, number: bigint): Promise<StateProof> {
  const proof = await client.getProof({ address, storageKeys: [slot], blockNumber: number });
  return { number, accountProof: proof.accountProof, storageProof: proof.storageProof[0]?.proof ?? [] };
}
