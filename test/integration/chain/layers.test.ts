import assert from 'node:assert/strict';
import {
  type Address,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  numberToHex,
  pad,
  parseEventLogs,
  zeroAddress,
} from 'viem';
import { bridgedCorBytecode } from '../../../src/chain/generated/BridgedCor.bytecode.ts';
import { bridgedCorAbi } from '../../../src/chain/generated/BridgedCor.ts';
import { bridgeVaultBytecode } from '../../../src/chain/generated/BridgeVault.bytecode.ts';
import { bridgeVaultAbi } from '../../../src/chain/generated/BridgeVault.ts';
import { checkpointAnchorBytecode } from '../../../src/chain/generated/CheckpointAnchor.bytecode.ts';
import { checkpointAnchorAbi } from '../../../src/chain/generated/CheckpointAnchor.ts';
import { corTokenBytecode } from '../../../src/chain/generated/CorToken.bytecode.ts';
import { corTokenAbi } from '../../../src/chain/generated/CorToken.ts';
import { inboxBytecode } from '../../../src/chain/generated/Inbox.bytecode.ts';
import { inboxAbi } from '../../../src/chain/generated/Inbox.ts';
import { layerAccountBytecode } from '../../../src/chain/generated/LayerAccount.bytecode.ts';
import { layerAccountAbi } from '../../../src/chain/generated/LayerAccount.ts';
import { nodeRegistryBytecode } from '../../../src/chain/generated/NodeRegistry.bytecode.ts';
import { nodeRegistryAbi } from '../../../src/chain/generated/NodeRegistry.ts';
import { oracleSetBytecode } from '../../../src/chain/generated/OracleSet.bytecode.ts';
import { oracleSetAbi } from '../../../src/chain/generated/OracleSet.ts';
import { outboxBytecode } from '../../../src/chain/generated/Outbox.bytecode.ts';
import { outboxAbi } from '../../../src/chain/generated/Outbox.ts';
import { slashRelayBytecode } from '../../../src/chain/generated/SlashRelay.bytecode.ts';
import { slashRelayAbi } from '../../../src/chain/generated/SlashRelay.ts';
import { stakeMirrorBytecode } from '../../../src/chain/generated/StakeMirror.bytecode.ts';
import { stakeMirrorAbi } from '../../../src/chain/generated/StakeMirror.ts';
import { stakeVaultBytecode } from '../../../src/chain/generated/StakeVault.bytecode.ts';
import { stakeVaultAbi } from '../../../src/chain/generated/StakeVault.ts';
import { type Layer, latestStatement, type Statement, signStatement, startLayer, WINDOW_SECONDS } from './layersSupport.ts';
import { account, COR } from './support.ts';

const ROLE_ORACLE = 8;
/** Slot of StakeVault's mapping of stakes. */
const STAKES_SLOT = 0n;
const STAKE = 100n * COR;
const SLASH = COR;
const oracles = [1, 2, 3, 4].map(account);
const [user, receiver, controller, validation] = [account(5), account(6), account(7), account(8)];

interface Message {
  readonly fromChainId: bigint;
  readonly sender: Address;
  readonly toChainId: bigint;
  readonly target: Address;
  readonly nonce: bigint;
  readonly data: Hex;
}

/** One layer and its contracts that face the other. */
interface Side {
  readonly layer: Layer;
  readonly anchor: Address;
  readonly outbox: Address;
  readonly inbox: Address;
}

interface Proof {
  readonly number: bigint;
  readonly statement: Statement;
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly Hex[];
}

/** Reverts of the anchor bubble up through the contracts that ask it. */
const anchorErrors = checkpointAnchorAbi.filter((item) => item.type === 'error');
const word = (value: bigint): Hex => numberToHex(value, { size: 32 });
const entry = (key: Hex, slot: Hex): Hex => keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [key, slot]));

describe('layers: two chains that believe each other by proof only', function () {
  this.timeout(120_000);
  let upper: Side;
  let lower: Side;
  let token: Address;
  let vault: Address;
  let bridged: Address;
  let oracleSetBelow: Address;
  let accountAbove: Address;
  let accountBelow: Address;
  let relay: Address;
  let stakeVault: Address;
  let mirror: Address;
  const gas = new Map<string, bigint>();

  before(async () => {
    const [up, down] = await Promise.all([startLayer(31_337), startLayer(31_338)]);
    const seats = oracles.map((oracle) => oracle.address);
    const [upperOutbox, upperInbox, lowerOutbox, lowerInbox] = [up.at(3), up.at(4), down.at(2), down.at(3)];
    token = await up.deploy(corTokenAbi, corTokenBytecode, [user.address, 1_000n * COR]);
    const setAbove = await up.deploy(oracleSetAbi, oracleSetBytecode, [controller.address, seats]);
    const upperAnchor = await up.deploy(checkpointAnchorAbi, checkpointAnchorBytecode, [
      setAbove,
      ROLE_ORACLE,
      BigInt(down.chainId),
      up.parameters,
    ]);
    await up.deploy(outboxAbi, outboxBytecode, []);
    await up.deploy(inboxAbi, inboxBytecode, [upperAnchor, lowerOutbox, BigInt(down.chainId)]);
    vault = await up.deploy(bridgeVaultAbi, bridgeVaultBytecode, [token, upperOutbox, upperInbox, down.at(4)]);
    stakeVault = up.at(7);
    accountAbove = await up.deploy(layerAccountAbi, layerAccountBytecode, [upperInbox, down.at(6), [stakeVault]]);
    await up.deploy(stakeVaultAbi, stakeVaultBytecode, [token, up.at(8), accountAbove, up.parameters]);
    await up.deploy(nodeRegistryAbi, nodeRegistryBytecode, [stakeVault, up.parameters, zeroAddress, zeroAddress]);

    oracleSetBelow = await down.deploy(oracleSetAbi, oracleSetBytecode, [down.at(5), seats]);
    const lowerAnchor = await down.deploy(checkpointAnchorAbi, checkpointAnchorBytecode, [
      oracleSetBelow,
      ROLE_ORACLE,
      BigInt(up.chainId),
      down.parameters,
    ]);
    await down.deploy(outboxAbi, outboxBytecode, []);
    await down.deploy(inboxAbi, inboxBytecode, [lowerAnchor, upperOutbox, BigInt(up.chainId)]);
    bridged = await down.deploy(bridgedCorAbi, bridgedCorBytecode, [lowerOutbox, lowerInbox, vault]);
    accountBelow = await down.deploy(layerAccountAbi, layerAccountBytecode, [lowerInbox, controller.address, [oracleSetBelow]]);
    relay = await down.deploy(slashRelayAbi, slashRelayBytecode, [
      lowerOutbox,
      BigInt(up.chainId),
      accountAbove,
      stakeVault,
      [validation.address],
    ]);
    mirror = await down.deploy(stakeMirrorAbi, stakeMirrorBytecode, [lowerAnchor, stakeVault, word(STAKES_SLOT), 1_000n, down.at(8)]);
    await down.deploy(nodeRegistryAbi, nodeRegistryBytecode, [mirror, down.parameters, zeroAddress, zeroAddress]);

    upper = { layer: up, anchor: upperAnchor, outbox: upperOutbox, inbox: upperInbox };
    lower = { layer: down, anchor: lowerAnchor, outbox: lowerOutbox, inbox: lowerInbox };
    await Promise.all([up.pass(2), down.pass(2)]);
  });

  after(async () => {
    for (const [what, used] of gas) console.log(`      gas: ${what} ${used}`);
    await Promise.all([upper?.layer.anvil.close(500), lower?.layer.anvil.close(500)]);
  });

  async function lastMessage(from: Side): Promise<Message> {
    const logs = await from.layer.node.getLogs({ address: from.outbox, fromBlock: 'latest' });
    const { args } = parseEventLogs({ abi: outboxAbi, logs, eventName: 'MessageSent' })[0] as { args: Omit<Message, 'fromChainId'> };
    const { sender, toChainId, target, nonce, data } = args;
    return { fromChainId: BigInt(from.layer.chainId), sender, toChainId, target, nonce, data };
  }

  /** The name that types/Message.sol gives it. */
  function hashOf(from: Side, m: Message): Hex {
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
        [from.outbox, m.fromChainId, m.sender, m.toChainId, m.target, m.nonce, keccak256(m.data)],
      ),
    );
  }

  /** Oracles anchor a new block of `from` on `to`; the proof is of that block. */
  async function anchorAndProve(from: Side, to: Side, address: Address, slot: Hex): Promise<Proof> {
    await from.layer.pass(1);
    const { statement, header } = await latestStatement(from.layer);
    const proof = await from.layer.node.getProof({ address, storageKeys: [slot], blockNumber: statement.number });
    const signatures = await signStatement(oracles, to.layer, to.anchor, from.layer.chainId, statement);
    const { timestamp } = await to.layer.node.getBlock();
    await to.layer.pass(2);
    const { gasUsed } = await to.layer.send({
      address: to.anchor,
      abi: checkpointAnchorAbi,
      functionName: 'submit',
      args: [header, timestamp, signatures],
    });
    gas.set('submit with four signatures', gasUsed);
    return { number: statement.number, statement, accountProof: proof.accountProof, storageProof: proof.storageProof[0]?.proof ?? [] };
  }

  const proveMessage = (from: Side, to: Side, m: Message) => anchorAndProve(from, to, from.outbox, entry(hashOf(from, m), word(0n)));

  const executeCall = (to: Side, m: Message, p: Proof) => ({
    address: to.inbox,
    abi: [...inboxAbi, ...anchorErrors],
    functionName: 'execute',
    args: [m, p.number, p.accountProof, p.storageProof],
  });

  const balance = (side: Side, address: Address, owner: Address) =>
    side.layer.node.readContract({ address, abi: corTokenAbi, functionName: 'balanceOf', args: [owner] });
  const supplyBelow = () => lower.layer.node.readContract({ address: bridged, abi: bridgedCorAbi, functionName: 'totalSupply' });
  const locked = () => upper.layer.node.readContract({ address: vault, abi: bridgeVaultAbi, functionName: 'locked' });

  async function deposit(amount: bigint): Promise<Message> {
    await upper.layer.send({ address: token, abi: corTokenAbi, functionName: 'approve', args: [vault, amount] }, user);
    await upper.layer.send({ address: vault, abi: bridgeVaultAbi, functionName: 'deposit', args: [receiver.address, amount] }, user);
    return lastMessage(upper);
  }

  it('moves COR down and back up by real proofs, after the window and once', async () => {
    const m = await deposit(100n * COR);
    assert.equal(await locked(), 100n * COR);
    const down = await proveMessage(upper, lower, m);
    assert.equal(await lower.layer.revertOf(executeCall(lower, m, down)), 'NotFinal');
    await lower.layer.pass(WINDOW_SECONDS);
    gas.set('execute a deposit', (await lower.layer.send(executeCall(lower, m, down))).gasUsed);
    assert.equal(await balance(lower, bridged, receiver.address), 100n * COR);
    assert.equal(await supplyBelow(), await locked());
    assert.equal(await lower.layer.revertOf(executeCall(lower, m, down)), 'AlreadyExecuted');

    await lower.layer.send({ address: bridged, abi: bridgedCorAbi, functionName: 'withdraw', args: [user.address, 40n * COR] }, receiver);
    const exit = await lastMessage(lower);
    const up = await proveMessage(lower, upper, exit);
    assert.equal(await upper.layer.revertOf(executeCall(upper, exit, up)), 'NotFinal');
    await upper.layer.pass(WINDOW_SECONDS);
    const before = await balance(upper, token, user.address);
    gas.set('execute an exit', (await upper.layer.send(executeCall(upper, exit, up))).gasUsed);
    assert.equal((await balance(upper, token, user.address)) - before, 40n * COR);
    assert.equal(await locked(), 60n * COR);
    assert.equal(await supplyBelow(), 60n * COR);
    assert.equal(await upper.layer.revertOf(executeCall(upper, exit, up)), 'AlreadyExecuted');
  });

  it('refuses every forgery of a message or its proof', async () => {
    const m = await deposit(COR);
    const p = await proveMessage(upper, lower, m);
    await lower.layer.pass(WINDOW_SECONDS);
    const more = encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [receiver.address, 2n * COR]);
    const forged = { ...m, data: more };
    assert.match(await lower.layer.revertOf(executeCall(lower, forged, p)), /^(InvalidProof|NotSent)$/);
    // The honest proof that it was never sent proves just that.
    const absent = await proveMessage(upper, lower, forged);
    await lower.layer.pass(WINDOW_SECONDS);
    assert.equal(await lower.layer.revertOf(executeCall(lower, forged, absent)), 'NotSent');

    const last = p.storageProof.at(-1) as Hex;
    const flipped: Hex = `${last.slice(0, -1)}${last.endsWith('1') ? '2' : '1'}` as Hex;
    assert.equal(
      await lower.layer.revertOf(executeCall(lower, m, { ...p, storageProof: [...p.storageProof.slice(0, -1), flipped] })),
      'InvalidProof',
    );
    assert.equal(await lower.layer.revertOf(executeCall(lower, m, { ...p, storageProof: [...p.storageProof, last] })), 'InvalidProof');
    assert.equal(await lower.layer.revertOf(executeCall(lower, m, { ...p, accountProof: p.accountProof.slice(1) })), 'InvalidProof');
    assert.equal(await lower.layer.revertOf(executeCall(lower, m, { ...p, number: 1n })), 'UnknownCheckpoint');
    await lower.layer.send(executeCall(lower, m, p));
  });

  it('never believes a block that an oracle signed two of', async () => {
    const m = await deposit(COR);
    const p = await proveMessage(upper, lower, m);
    const other = { ...p.statement, hash: word(1n), stateRoot: word(2n) };
    const [liar] = oracles;
    assert.ok(liar);
    const [[first], [second]] = await Promise.all([
      signStatement([liar], lower.layer, lower.anchor, upper.layer.chainId, p.statement),
      signStatement([liar], lower.layer, lower.anchor, upper.layer.chainId, other),
    ]);
    const args = [p.statement, first, other, second];
    const evidence = { address: lower.anchor, abi: checkpointAnchorAbi, functionName: 'challengeEquivocation', args };
    await lower.layer.send(evidence, receiver);
    await lower.layer.pass(WINDOW_SECONDS);
    assert.equal(await lower.layer.revertOf(executeCall(lower, m, p)), 'Voided');
    // A later block shows the same message.
    const again = await proveMessage(upper, lower, m);
    await lower.layer.pass(WINDOW_SECONDS);
    await lower.layer.send(executeCall(lower, m, again));
    assert.equal(await supplyBelow(), await locked());
  });

  it('carries the orders of governance down and slashes up', async () => {
    const calls = (target: Address, data: Hex) =>
      encodeAbiParameters([{ type: 'tuple[]', components: [{ type: 'address' }, { type: 'bytes' }] }], [[[target, data]]]);
    const order = calls(oracleSetBelow, encodeFunctionData({ abi: oracleSetAbi, functionName: 'add', args: [receiver.address] }));
    const args = [BigInt(lower.layer.chainId), accountBelow, order];
    await upper.layer.send({ address: upper.outbox, abi: outboxAbi, functionName: 'send', args }, controller);
    const down = await lastMessage(upper);
    const p = await proveMessage(upper, lower, down);
    await lower.layer.pass(WINDOW_SECONDS);
    await lower.layer.send(executeCall(lower, down, p));
    const isOracle = { address: oracleSetBelow, abi: oracleSetAbi, functionName: 'isOracle', args: [receiver.address] } as const;
    assert.equal(await lower.layer.node.readContract(isOracle), true);

    const approval = { address: token, abi: corTokenAbi, functionName: 'approve', args: [stakeVault, STAKE] };
    await upper.layer.send(approval, user);
    await upper.layer.send({ address: stakeVault, abi: stakeVaultAbi, functionName: 'stake', args: [receiver.address, STAKE] }, user);
    const slash = [word(9n), user.address, receiver.address, SLASH, controller.address];
    await lower.layer.send({ address: relay, abi: slashRelayAbi, functionName: 'proposeSlash', args: slash }, validation);
    const up = await lastMessage(lower);
    const q = await proveMessage(lower, upper, up);
    await upper.layer.pass(WINDOW_SECONDS);
    gas.set('execute a slash', (await upper.layer.send(executeCall(upper, up, q))).gasUsed);
    const pair = { address: stakeVault, abi: stakeVaultAbi, args: [user.address, receiver.address] } as const;
    assert.equal(await upper.layer.node.readContract({ ...pair, functionName: 'frozenOf' }), SLASH);
    assert.equal(await upper.layer.node.readContract({ ...pair, functionName: 'stakeOf' }), STAKE - SLASH);
  });

  it('mirrors a stake, and that it is gone', async () => {
    const slot = entry(pad(receiver.address), entry(pad(user.address), word(STAKES_SLOT)));
    const stakeOf = () =>
      lower.layer.node.readContract({
        address: mirror,
        abi: stakeMirrorAbi,
        functionName: 'stakeOf',
        args: [user.address, receiver.address],
      });
    const proveCall = (p: Proof) => ({
      address: mirror,
      abi: [...stakeMirrorAbi, ...anchorErrors],
      functionName: 'prove',
      args: [user.address, receiver.address, p.number, p.accountProof, p.storageProof],
    });
    const staked = await anchorAndProve(upper, lower, stakeVault, slot);
    assert.equal(await lower.layer.revertOf(proveCall(staked)), 'NotFinal');
    await lower.layer.pass(WINDOW_SECONDS);
    gas.set('prove a stake', (await lower.layer.send(proveCall(staked))).gasUsed);
    assert.equal(await stakeOf(), STAKE - SLASH);

    const unstake = { address: stakeVault, abi: stakeVaultAbi, functionName: 'unstake', args: [receiver.address, STAKE - SLASH] };
    await upper.layer.send(unstake, user);
    const gone = await anchorAndProve(upper, lower, stakeVault, slot);
    await lower.layer.pass(WINDOW_SECONDS);
    await lower.layer.send(proveCall(gone));
    assert.equal(await stakeOf(), 0n);
    assert.equal(await lower.layer.revertOf(proveCall(staked)), 'NotNewer');
  });
});
