#!/usr/bin/env node
// node scripts/genProofFixtures.ts: runs anvil and writes contracts/test/fixtures/stateProofs.json: real `eth_getProof` answers
// with the header of their block, which the proof libraries must read. Written once; anvil's clock makes every run differ.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Address,
  createTestClient,
  encodeAbiParameters,
  encodeDeployData,
  type Hex,
  http,
  keccak256,
  numberToHex,
  pad,
  publicActions,
  walletActions,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { startAnvil } from '../src/chain/anvil.ts';
import { outboxBytecode } from '../src/chain/generated/Outbox.bytecode.ts';
import { outboxAbi } from '../src/chain/generated/Outbox.ts';
import { encodeHeader, type RpcBlock } from '../src/chain/layers/header.ts';

const CHAIN_ID = 900_001;
const DEEP_SLOTS = 400;
/** Hashed keys that share this many nibbles have leaves of less than 32 bytes, which stand inside of their branch. */
const EMBEDDED_NIBBLES = 8;
const DEEP: Address = `0x${'de'.repeat(20)}`;
const PAIR: Address = `0x${'ac'.repeat(20)}`;
const EMPTY: Address = `0x${'e0'.repeat(20)}`;
const ABSENT: Address = `0x${'0f'.repeat(20)}`;
const FULL: Address = `0x${'ff'.repeat(20)}`;

const word = (value: bigint): Hex => numberToHex(value, { size: 32 });

/** Two slots whose hashes begin alike. */
function collidingSlots(nibbles: number): [Hex, Hex] {
  const seen = new Map<string, Hex>();
  for (let i = 0n; ; ++i) {
    const slot = word(i);
    const prefix = keccak256(slot).slice(2, 2 + nibbles);
    const other = seen.get(prefix);
    if (other !== undefined) return [other, slot];
    seen.set(prefix, slot);
  }
}

const anvil = await startAnvil({ chainId: CHAIN_ID });
const account = mnemonicToAccount('test test test test test test test test test test test junk');
const chain = {
  id: CHAIN_ID,
  name: 'fixtures',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [anvil.rpcUrl] } },
};
const node = createTestClient({ mode: 'anvil', chain, account, transport: http(anvil.rpcUrl) })
  .extend(publicActions)
  .extend(walletActions);

const set = (address: Address, slot: Hex, value: bigint): Promise<unknown> =>
  node.request({ method: 'anvil_setStorageAt', params: [address, slot, word(value)] } as never);

const nestedSlot = (outer: Hex, inner: Hex, slot: bigint): Hex => {
  const hash = (key: Hex, at: Hex): Hex => keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [key, at]));
  return hash(inner, hash(outer, word(slot)));
};

for (const address of [DEEP, PAIR, EMPTY, FULL]) await node.setCode({ address, bytecode: '0x00' });
for (let i = 0; i < DEEP_SLOTS; ++i) await set(DEEP, word(BigInt(i)), BigInt(keccak256(word(BigInt(i)))) >> BigInt((i % 32) * 8));
const [one, two] = collidingSlots(EMBEDDED_NIBBLES);
await set(PAIR, one, 1n);
await set(PAIR, two, 0x7fn);
const owner = pad('0xa11ce', { size: 32 });
const operator = pad('0xb0b', { size: 32 });
const stakeSlot = nestedSlot(owner, operator, 7n);
await set(FULL, stakeSlot, 12_345_678n * 10n ** 18n);
await set(FULL, word(3n), 2n ** 256n - 1n);
// Cleared again: anvil keeps a leaf that says zero.
await set(FULL, word(4n), 1n);
await set(FULL, word(4n), 0n);
await node.mine({ blocks: 1 });

const deployed = await node.waitForTransactionReceipt({
  hash: await node.sendTransaction({ data: encodeDeployData({ abi: outboxAbi, bytecode: outboxBytecode }) }),
});
const outbox = deployed.contractAddress as Address;
const messages: Hex[] = [];
for (let i = 0; i < 5; ++i) {
  const args = [31_337n, FULL, `0x${'0a'.repeat(i)}`] as const;
  const { result, request } = await node.simulateContract({ address: outbox, abi: outboxAbi, functionName: 'send', args });
  messages.push(result);
  await node.waitForTransactionReceipt({ hash: await node.writeContract(request) });
}
const sentSlot = (message: Hex): Hex => keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [message, 0n]));

const request = { method: 'eth_getBlockByNumber', params: ['latest', false] } as never;
const block = (await node.request(request)) as unknown as RpcBlock;

interface Case {
  name: string;
  account: Address;
  slot: Hex;
  value: Hex;
  accountProof: readonly Hex[];
  storageProof: readonly Hex[];
}
const cases: Case[] = [];
async function add(name: string, address: Address, slot: Hex): Promise<void> {
  const proof = await node.getProof({ address, storageKeys: [slot] });
  const entry = proof.storageProof[0];
  if (entry === undefined) throw new Error(`no storage proof of ${name}`);
  cases.push({ name, account: address, slot, value: word(entry.value), accountProof: proof.accountProof, storageProof: entry.proof });
}
for (const [i, message] of messages.entries()) await add(`outbox message ${i}`, outbox, sentSlot(message));
await add('outbox message that was never sent', outbox, sentSlot(word(1n)));
await add('nested mapping entry', FULL, stakeSlot);
await add('nested mapping entry of a stranger', FULL, nestedSlot(operator, owner, 7n));
await add('largest word', FULL, word(3n));
await add('cleared slot', FULL, word(4n));
await add('account without storage', EMPTY, word(0n));
await add('embedded leaf', PAIR, one);
await add('second embedded leaf', PAIR, two);
await add('beside embedded leaves', PAIR, word(2n ** 255n));
for (const i of [0, 1, 30, 31, 62, 99, 200, 399]) await add(`deep slot ${i}`, DEEP, word(BigInt(i)));
for (const i of [400, 401, 402, 403, 5_000, 77_777]) await add(`deep slot ${i}, never written`, DEEP, word(BigInt(i)));

const absent = await node.getProof({ address: ABSENT, storageKeys: [] });
const fixture = {
  chainId: CHAIN_ID,
  number: Number(block.number),
  hash: block.hash,
  stateRoot: block.stateRoot,
  header: encodeHeader(block),
  outbox,
  sender: account.address,
  target: FULL,
  message: messages[0],
  absentAccount: ABSENT,
  absentAccountProof: absent.accountProof,
  cases,
};
const path = fileURLToPath(new URL('../contracts/test/fixtures/stateProofs.json', import.meta.url));
mkdirSync(new URL('.', `file://${path}`), { recursive: true });
writeFileSync(path, `${JSON.stringify(fixture, undefined, 1)}\n`);
console.log(`${path}: ${cases.length} cases, longest proof ${Math.max(...cases.map((c) => c.storageProof.length))} nodes`);
await anvil.close(500);
