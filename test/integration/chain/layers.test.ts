import assert from 'node:assert/strict';
import {
  type Address,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  type LocalAccount,
  numberToHex,
  stringToHex,
} from 'viem';
import { type Deployment, parseDeployment, parseLayers } from '../../../src/chain/deployment.ts';
import { bridgedCorAbi } from '../../../src/chain/generated/BridgedCor.ts';
import { bridgeVaultAbi } from '../../../src/chain/generated/BridgeVault.ts';
import { checkpointAnchorAbi } from '../../../src/chain/generated/CheckpointAnchor.ts';
import { corTokenAbi } from '../../../src/chain/generated/CorToken.ts';
import { cortensorGovernorAbi } from '../../../src/chain/generated/CortensorGovernor.ts';
import { oracleSetAbi } from '../../../src/chain/generated/OracleSet.ts';
import { outboxAbi } from '../../../src/chain/generated/Outbox.ts';
import { sessionManagerAbi } from '../../../src/chain/generated/SessionManager.ts';
import { stakeMirrorAbi } from '../../../src/chain/generated/StakeMirror.ts';
import { stakeVaultAbi } from '../../../src/chain/generated/StakeVault.ts';
import { validationAbi } from '../../../src/chain/generated/Validation.ts';
import { proveMessage, proveStake } from '../../../src/chain/layers/message.ts';
import { debitsHash, payoutTree, taskTree, ZERO_HASH } from '../../../src/chain/merkle.ts';
import { type ChainWriter, openWriter } from '../../../src/chain/writer.ts';
import { signStatement, type Voucher } from '../../../src/crypto/eip712.ts';
import type { Role, TaskId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { resultOf } from '../../unit/roles/fixtures.ts';
import {
  ANCHOR_ERRORS,
  anchorBlock,
  anchorMessage,
  CHECKPOINT_SECONDS,
  carry,
  executeCall,
  holder,
  type Layer,
  type LayerStage,
  messageIn,
  type Side,
  seats,
  signCheckpoint,
  startLayers,
} from './layersSupport.ts';
import { account, COR, log, MODEL, peerId, ZERO_WORD } from './support.ts';

const STAKE = 100n * COR;
/** Bits of contracts/src/types/Permissions.sol: transact and open sessions. */
const CLIENT_PERMISSIONS = 1 | 4;
/** To run nodes of every role. */
const NODE_PERMISSIONS = 0xf << 8;
const [client, router, miner, oracle, stranger] = [account(7), account(8), account(9), account(10), account(11)] as const;
const guards = [account(12), account(13), account(14)];
const nodes: readonly (readonly [LocalAccount, Role])[] = [
  [router, 'router'],
  [miner, 'miner'],
  [oracle, 'oracle'],
  ...guards.map((guard) => [guard, 'guard'] as const),
];

const word = (value: bigint): Hex => numberToHex(value, { size: 32 });

describe('layers: three chains that believe each other by proof only', function () {
  this.timeout(180_000);
  let s: LayerStage;
  /** The sides of both pairs: first to second layer, second to third. */
  let above: Side;
  let below: Side;
  let aboveThird: Side;
  let third: Side;
  const writers: ChainWriter[] = [];

  before(async () => {
    s = await startLayers([
      { account: client.address, permissions: CLIENT_PERMISSIONS },
      { account: holder.address, permissions: NODE_PERMISSIONS },
    ]);
    const { l1, l2, l3 } = s.layers;
    assert.ok(l2.outbox && l2.upper && l2.lower && l3.outbox && l3.upper);
    above = { layer: s.l1, outbox: l1.outbox, ...l1.lower };
    below = { layer: s.l2, outbox: l2.outbox, ...l2.upper };
    aboveThird = { layer: s.l2, outbox: l2.outbox, ...l2.lower };
    third = { layer: s.l3, outbox: l3.outbox, ...l3.upper };
  });
  after(async () => {
    for (const writer of writers) writer.close();
    await s?.close();
  });

  async function writerOn(layer: Layer, name: 'l2' | 'l3', from: LocalAccount): Promise<ChainWriter> {
    const writer = await openWriter({ rpcUrl: layer.anvil.rpcUrl, deployment: s.layers[name], account: from, log, receiptPollMs: 10 });
    writers.push(writer);
    return writer;
  }

  const balance = (layer: Layer, token: Address, of: Address) =>
    layer.read<bigint>({ address: token, abi: corTokenAbi, functionName: 'balanceOf', args: [of] });
  const locked = (side: Side, vault: Address) => side.layer.read<bigint>({ address: vault, abi: bridgeVaultAbi, functionName: 'locked' });
  const supply = (side: Side, token: Address) =>
    side.layer.read<bigint>({ address: token, abi: bridgedCorAbi, functionName: 'totalSupply' });

  /** Locks COR above; what comes of it below is up to the message. */
  async function deposit(side: Side, token: Address, vault: Address, to: Address, amount: bigint, from: LocalAccount) {
    await side.layer.send({ address: token, abi: corTokenAbi, functionName: 'approve', args: [vault, amount] }, from);
    return side.layer.send({ address: vault, abi: bridgeVaultAbi, functionName: 'deposit', args: [to, amount] }, from);
  }
  const depositFirst = (to: Address, amount: bigint) =>
    deposit(above, s.layers.l1.token, s.layers.l1.lower.bridgeVault, to, amount, holder);
  const withdraw = (side: Side, token: Address, to: Address, amount: bigint, from: LocalAccount) =>
    side.layer.send({ address: token, abi: bridgedCorAbi, functionName: 'withdraw', args: [to, amount] }, from);

  it('one file holds all layers, and a node reads its own from it', () => {
    const text = JSON.stringify({ layers: s.layers });
    assert.deepEqual(parseLayers(text), s.layers);
    assert.deepEqual(parseDeployment(text), s.layers.l2);
    assert.deepEqual(parseDeployment(text, 'l3'), s.layers.l3);
  });

  it('moves COR down and back up by real proofs, after the window and once', async () => {
    const { token, lower } = s.layers.l1;
    const bridged = s.layers.l2.token;
    const down = await anchorMessage(above, below, await depositFirst(client.address, 100n * COR));
    assert.equal(await locked(above, lower.bridgeVault), 100n * COR);
    const call = executeCall(below, down.message, down.proof);
    assert.equal(await s.l2.revertOf(call), 'NotFinal');
    await s.l2.pass(CHECKPOINT_SECONDS);
    await s.l2.send(call, stranger);
    assert.equal(await balance(s.l2, bridged, client.address), 100n * COR);
    assert.equal(await supply(below, bridged), 100n * COR);
    assert.equal(await s.l2.revertOf(call), 'AlreadyExecuted');

    const up = await anchorMessage(below, above, await withdraw(below, bridged, stranger.address, 40n * COR, client));
    const exit = executeCall(above, up.message, up.proof);
    assert.equal(await s.l1.revertOf(exit), 'NotFinal');
    await s.l1.pass(CHECKPOINT_SECONDS);
    await s.l1.send(exit, stranger);
    assert.equal(await balance(s.l1, token, stranger.address), 40n * COR);
    assert.equal(await locked(above, lower.bridgeVault), 60n * COR);
    assert.equal(await supply(below, bridged), 60n * COR);
    assert.equal(await s.l1.revertOf(exit), 'AlreadyExecuted');
  });

  it('refuses every forgery of a message or its proof', async () => {
    const { message: m, proof: p } = await anchorMessage(above, below, await depositFirst(client.address, COR));
    await s.l2.pass(CHECKPOINT_SECONDS);
    const more = encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [client.address, 2n * COR]);
    const forged = { ...m, data: more };
    const refusal = (message: typeof m, proof: typeof p) => s.l2.revertOf(executeCall(below, message, proof));
    assert.match(await refusal(forged, p), /^(InvalidProof|NotSent)$/);
    // The honest proof that it was never sent proves just that.
    assert.equal(await refusal(forged, await proveMessage(s.l1.rpc, above.outbox, forged, p.number)), 'NotSent');

    const last = p.storageProof.at(-1) as Hex;
    const flipped: Hex = `${last.slice(0, -1)}${last.endsWith('1') ? '2' : '1'}` as Hex;
    assert.equal(await refusal(m, { ...p, storageProof: [...p.storageProof.slice(0, -1), flipped] }), 'InvalidProof');
    assert.equal(await refusal(m, { ...p, storageProof: [...p.storageProof, last] }), 'InvalidProof');
    assert.equal(await refusal(m, { ...p, accountProof: p.accountProof.slice(1) }), 'InvalidProof');
    assert.equal(await refusal(m, { ...p, number: 1n }), 'UnknownCheckpoint');
    await s.l2.send(executeCall(below, m, p), stranger);
  });

  it('never believes a block that an oracle signed two of', async () => {
    const receipt = await depositFirst(client.address, COR);
    const message = messageIn(above, receipt);
    const checkpoint = await anchorBlock(above, below);
    const other = { ...checkpoint, hash: word(1n), stateRoot: word(2n) };
    const liar = seats.slice(0, 1);
    const [[first], [second]] = await Promise.all([
      signCheckpoint(liar, below, s.l1.chainId, checkpoint),
      signCheckpoint(liar, below, s.l1.chainId, other),
    ]);
    const args = [checkpoint, first, other, second];
    await s.l2.send({ address: below.anchor, abi: checkpointAnchorAbi, functionName: 'challengeEquivocation', args }, stranger);
    await s.l2.pass(CHECKPOINT_SECONDS);
    const proof = await proveMessage(s.l1.rpc, above.outbox, message, checkpoint.number);
    assert.equal(await s.l2.revertOf(executeCall(below, message, proof)), 'Voided');
    // A later block shows the same message.
    await carry(above, below, receipt);
    assert.equal(await supply(below, s.layers.l2.token), await locked(above, s.layers.l1.lower.bridgeVault));
  });

  it('a vote above changes who signs below', async () => {
    const { token, governor, outbox } = s.layers.l1;
    const set = s.layers.l2.upper?.oracleSet as Address;
    const order = encodeFunctionData({ abi: oracleSetAbi, functionName: 'add', args: [stranger.address] });
    const calls = encodeAbiParameters([{ type: 'tuple[]', components: [{ type: 'address' }, { type: 'bytes' }] }], [[[set, order]]]);
    const data = encodeFunctionData({
      abi: outboxAbi,
      functionName: 'send',
      args: [BigInt(s.l2.chainId), s.layers.l2.governance, calls],
    });
    const text = 'a fifth seat';
    const proposal = [[outbox], [0n], [data]] as const;
    const hashed = [...proposal, keccak256(stringToHex(text))];
    const governing = { address: governor, abi: cortensorGovernorAbi } as const;
    await s.l1.send({ address: token, abi: corTokenAbi, functionName: 'delegate', args: [holder.address] }, holder);
    await s.l1.pass(1);
    await s.l1.send({ ...governing, functionName: 'propose', args: [...proposal, text] }, holder);
    const id = await s.l1.read<bigint>({ ...governing, functionName: 'hashProposal', args: hashed });
    await s.l1.pass(11);
    await s.l1.send({ ...governing, functionName: 'castVote', args: [id, 1] }, holder);
    await s.l1.pass(101);
    await s.l1.send({ ...governing, functionName: 'queue', args: hashed }, stranger);
    await s.l1.pass(51);
    const receipt = await s.l1.send({ ...governing, functionName: 'execute', args: hashed }, stranger);
    await carry(above, below, receipt);
    assert.equal(await s.l2.read({ address: set, abi: oracleSetAbi, functionName: 'isOracle', args: [stranger.address] }), true);
  });

  /** A pair of layers with everything that is done between them. */
  interface Pair {
    readonly name: 'l2' | 'l3';
    readonly upper: Side;
    readonly lower: Side;
    readonly upperToken: Address;
    /** On the upper chain. */
    readonly link: NonNullable<LayerStage['layers']['l2']['lower']>;
  }
  const pairs: Readonly<Record<string, () => Pair>> = {
    'first and second': () => ({ name: 'l2', upper: above, lower: below, upperToken: s.layers.l1.token, link: s.layers.l1.lower }),
    'second and third': () => {
      const { token, lower: link } = s.layers.l2;
      assert.ok(link);
      return { name: 'l3', upper: aboveThird, lower: third, upperToken: token, link };
    },
  };
  for (const [layersOf, pairOf] of Object.entries(pairs)) {
    describe(`${layersOf} layer`, () => {
      let pair: Pair;
      let deployment: Deployment;
      let upper: Layer;
      let lower: Layer;
      let vault: Address;

      before(async () => {
        pair = pairOf();
        deployment = s.layers[pair.name];
        [upper, lower, vault] = [pair.upper.layer, pair.lower.layer, pair.link.stakeVault];
        // COR that those who stake and those who pay hold on the upper layer.
        if (pair.name === 'l3') for (const to of [holder, client]) await carry(above, below, await depositFirst(to.address, 2_000n * COR));
        const money = pair.name === 'l3' ? client : holder;
        await carry(
          pair.upper,
          pair.lower,
          await deposit(pair.upper, pair.upperToken, pair.link.bridgeVault, client.address, 100n * COR, money),
        );
      });

      it('stakes above count below once they are proven', async () => {
        await upper.send(
          { address: pair.upperToken, abi: corTokenAbi, functionName: 'approve', args: [vault, STAKE * BigInt(nodes.length)] },
          holder,
        );
        for (const [operator] of nodes) {
          await upper.send({ address: vault, abi: stakeVaultAbi, functionName: 'stake', args: [operator.address, STAKE] }, holder);
        }
        const { number } = await anchorBlock(pair.upper, pair.lower);
        const proveCall = async (operator: Address) => {
          const { accountProof, storageProof } = await proveStake(upper.rpc, vault, holder.address, operator, number);
          return {
            address: deployment.stakeVault,
            abi: [...stakeMirrorAbi, ...ANCHOR_ERRORS],
            functionName: 'prove',
            args: [holder.address, operator, number, accountProof, storageProof],
          };
        };
        assert.equal(await lower.revertOf(await proveCall(miner.address)), 'NotFinal');
        await lower.pass(CHECKPOINT_SECONDS);
        const owner = await writerOn(lower, pair.name, holder);
        for (const [i, [operator, role]] of nodes.entries()) {
          await lower.send(await proveCall(operator.address), stranger);
          const details = { peerId: peerId(i), roles: [role], encryptionKey: ZERO_WORD };
          await owner.stakeAndRegister({ details, operator, stake: STAKE });
        }
        assert.equal(await lower.revertOf(await proveCall(miner.address)), 'NotNewer');
      });

      it('opens a session below with COR from above, settles it, and the miner takes its pay up again', async () => {
        const clients = await writerOn(lower, pair.name, client);
        const oracles = await writerOn(lower, pair.name, oracle);
        const spent = 10n * COR;
        const { session } = await clients.openSession({
          model: MODEL,
          deposit: 50n * COR,
          priceMax: { prompt: COR, completion: COR },
          expiresAt: (await lower.now()) * 1000 + 3_600_000,
          spender: router.address,
        });
        const promise: Voucher = { session, payee: deployment.settlement, cumulativeAmount: spent, nonce: 1, streamRoot: ZERO_WORD };
        const debits = [
          { voucher: promise, signature: await signStatement('Voucher', deployment, promise, router), cumulativeDebit: spent },
        ];
        const tree = payoutTree([{ account: miner.address, cumulative: spent }]);
        const tasks = taskTree([{ task: word(1n) as TaskId, receipt: ZERO_WORD, cost: spent }]);
        const epoch = {
          epoch: 1,
          base: ZERO_HASH,
          root: tree.root,
          total: tree.total,
          payouts: tree.count,
          tasksRoot: tasks.root,
          tasksTotal: tasks.total,
          tasks: tasks.count,
        };
        const hash = debitsHash([{ session, cumulativeDebit: spent }]);
        const signatures = await Promise.all(
          guards.map((guard) => signStatement('Attestation', deployment, { ...epoch, debitsHash: hash }, guard)),
        );
        await lower.pass(2);
        await oracles.settle({ epoch, debits, signatures });
        await lower.pass(61);
        const owed = tree.claimOf(miner.address);
        assert.ok(owed);
        await oracles.claim({ epoch: 1, account: miner.address, ...owed });
        assert.equal(await balance(lower, deployment.token, miner.address), spent);

        await carry(pair.lower, pair.upper, await withdraw(pair.lower, deployment.token, miner.address, spent, miner));
        assert.equal(await balance(upper, pair.upperToken, miner.address), spent);
        assert.equal(await supply(pair.lower, deployment.token), await locked(pair.upper, pair.link.bridgeVault));
      });

      it('a lie below costs the stake above', async () => {
        const { receipt } = resultOf().receipt;
        const one = { ...receipt, miner: miner.address.toLowerCase() as Address };
        const two = { ...one, outputRoot: word(7n) };
        const signed = await Promise.all([one, two].map((statement) => signStatement('Receipt', deployment, statement, miner)));
        const args = [one, signed[0], two, signed[1]];
        const sent = await lower.send(
          { address: deployment.validation, abi: validationAbi, functionName: 'reportReceipts', args },
          stranger,
        );
        await carry(pair.lower, pair.upper, sent);
        const stake = { address: vault, abi: stakeVaultAbi, args: [holder.address, miner.address] } as const;
        assert.equal(await upper.read<bigint>({ ...stake, functionName: 'frozenOf' }), STAKE / 2n);
        assert.equal(await upper.read<bigint>({ ...stake, functionName: 'stakeOf' }), STAKE / 2n);

        // What is frozen above is not counted below, once it is proven.
        const { number } = await anchorBlock(pair.upper, pair.lower);
        await lower.pass(CHECKPOINT_SECONDS);
        const { accountProof, storageProof } = await proveStake(upper.rpc, vault, holder.address, miner.address, number);
        const mirror = { address: deployment.stakeVault, abi: stakeMirrorAbi } as const;
        const proof = [holder.address, miner.address, number, accountProof, storageProof];
        await lower.send({ ...mirror, functionName: 'prove', args: proof }, stranger);
        assert.equal(await lower.read<bigint>({ ...mirror, functionName: 'stakeOf', args: [holder.address, miner.address] }), STAKE / 2n);
      });
    });
  }

  it('the third layer lets members in alone, and COR out again by proof', async () => {
    const { l2, l3 } = s.layers;
    const vault = l2.lower?.bridgeVault as Address;
    const before = await balance(s.l2, l2.token, client.address);
    for (const to of [client.address, stranger.address]) {
      await carry(aboveThird, third, await deposit(aboveThird, l2.token, vault, to, 5n * COR, client));
    }
    const terms = {
      model: MODEL,
      deposit: 2n * COR,
      priceMax: { prompt: COR, completion: COR },
      expiresAt: (await s.l3.now()) * 1000 + 3_600_000,
    };
    const outsider = await writerOn(s.l3, 'l3', stranger);
    await assert.rejects(outsider.openSession(terms), (error) => isCoded(error, 'CHAIN_REVERTED'));
    const member = await writerOn(s.l3, 'l3', client);
    const { session } = await member.openSession(terms);
    await member.requestClose(session);
    await s.l3.pass(101);
    await member.withdrawSession(session);
    const state = await s.l3.read<{ state: number }>({
      address: l3.sessionManager,
      abi: sessionManagerAbi,
      functionName: 'session',
      args: [session],
    });
    assert.equal(state.state, 2);

    // Nobody keeps anybody's money in: a stranger leaves as a member does.
    for (const from of [client, stranger]) {
      await carry(third, aboveThird, await withdraw(third, l3.token, client.address, 5n * COR, from));
    }
    assert.equal(await balance(s.l2, l2.token, client.address), before);
    assert.equal(await supply(third, l3.token), await locked(aboveThird, vault));
  });
});
