import assert from 'node:assert/strict';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { type Chain, openChain } from '../../../src/chain/client.ts';
import type { ChainWriter } from '../../../src/chain/writer.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { account, COR, log, MODEL, peerId, type Stage, stage, ZERO_WORD } from './support.ts';

describe('opening a chain', function () {
  this.timeout(30_000);
  let s: Stage;
  before(async () => {
    s = await stage();
  });
  after(() => s.close());

  it('CHAIN_WRONG_ID when the endpoint serves another chain', async () => {
    await assert.rejects(s.chain({ deployment: { ...s.deployment, chainId: 1 } }), (error) => isCoded(error, 'CHAIN_WRONG_ID'));
  });

  it('CHAIN_NO_CONTRACT when an address holds no code', async () => {
    const deployment = { ...s.deployment, settlement: account(8).address };
    await assert.rejects(s.chain({ deployment }), (error) => isCoded(error, 'CHAIN_NO_CONTRACT') && error.data.name === 'settlement');
  });

  it('CHAIN_UNREACHABLE when nobody listens', async () => {
    await assert.rejects(s.chain({ rpcUrl: 'http://127.0.0.1:1' }), (error) => isCoded(error, 'CHAIN_UNREACHABLE'));
  });

  it('CHAIN_UNREACHABLE when somebody listens but never answers', async () => {
    const held: Socket[] = [];
    const silent = createServer((socket) => void held.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await assert.rejects(s.chain({ rpcUrl: `http://127.0.0.1:${port}`, openTimeoutMs: 50 }), (error) =>
      isCoded(error, 'CHAIN_UNREACHABLE'),
    );
    for (const socket of held) socket.destroy();
    silent.close();
  });

  it('CHAIN_NO_ACCOUNT when writing without an account', async () => {
    const chain = await s.chain();
    assert.throws(
      () => chain.write,
      (error) => isCoded(error, 'CHAIN_NO_ACCOUNT'),
    );
  });
});

describe('following a chain', function () {
  this.timeout(30_000);
  const [owner, operator] = [account(0), account(1)];
  let s: Stage;
  let chain: Chain;
  let writer: ChainWriter;

  beforeEach(async () => {
    s = await stage();
    chain = await s.chain();
    writer = await s.writer(owner);
  });
  afterEach(() => s.close());

  const registerMiner = () =>
    writer.stakeAndRegister({ details: { peerId: peerId(1), roles: ['miner'], encryptionKey: ZERO_WORD }, operator, stake: COR });
  const openSession = () =>
    writer.openSession({
      model: MODEL,
      deposit: COR,
      priceMax: { prompt: 1n, completion: 1n },
      expiresAt: chain.head().timestamp + 3_600_000,
    });
  const reorg = (depth: number) => s.node.request({ method: 'anvil_reorg', params: [depth, []] } as never);

  it('forgets what a reorg took back, and sends on afterwards', async () => {
    const { session: before } = await openSession();
    await s.node.mine({ blocks: 1 });
    await chain.sync();
    await registerMiner();
    const { session: lost } = await openSession();
    await chain.sync();
    assert.equal(chain.registry.size, 1);
    assert.ok(chain.sessions.get(lost));

    await reorg(6);
    await chain.sync();
    assert.equal(chain.registry.size, 0);
    assert.equal(chain.sessions.get(lost), undefined);
    assert.ok(chain.sessions.get(before));
    assert.equal(await chain.sessions.refresh(lost), undefined);

    await registerMiner();
    await chain.sync();
    assert.ok(chain.registry.isActive(operator.address, 'miner'));
  });

  it('reads all again when the reorg is deeper than what it remembers', async () => {
    const late = await s.chain();
    const { session } = await openSession();
    await late.sync();
    assert.ok(late.sessions.get(session));
    await reorg(Number(late.head().number));
    await late.sync();
    assert.equal(late.sessions.size, 0);
  });

  it('reflects the block that has the confirmations', async () => {
    const deep = await s.chain({ confirmations: 3 });
    const { session } = await openSession();
    assert.equal(await deep.sessions.refresh(session), undefined);
    await s.node.mine({ blocks: 3 });
    await deep.sync();
    assert.equal(deep.sessions.get(session)?.deposit, COR);
    assert.equal((await deep.sessions.refresh(session))?.deposit, COR);
  });

  it('an unstaked miner is no longer active, and counts again when the stake is back', async () => {
    await registerMiner();
    await writer.unstake(operator.address, 1n);
    await chain.sync();
    assert.ok(!chain.registry.isActive(operator.address, 'miner'));
    assert.equal(chain.registry.get(operator.address)?.stake, COR - 1n);
    await writer.stake(operator.address, 1n);
    await chain.sync();
    assert.ok(chain.registry.isActive(operator.address, 'miner'));
    await writer.deregister(operator.address);
    await chain.sync();
    assert.equal(chain.registry.get(operator.address), undefined);
    assert.deepEqual(chain.registry.byPeerId(peerId(1)), []);
  });

  it('an outage makes health degraded, and what happened meanwhile is caught up', async () => {
    const line = await breakable(s.anvil.port);
    const weak = await openChain({ rpcUrl: line.url, deployment: s.deployment, confirmations: 0, pollMs: 5, log });
    assert.equal(weak.health().status, 'ok');
    line.cut();
    await assert.rejects(weak.sync(), (error) => isCoded(error, 'CHAIN_UNREACHABLE'));
    assert.deepEqual(
      { ...weak.health(), lastOkAt: 0, failures: 0 },
      { status: 'degraded', code: 'CHAIN_UNREACHABLE', lastOkAt: 0, failures: 0 },
    );
    const { session } = await openSession();
    line.mend();
    await new Promise<void>((resolve) => weak.onBlock(() => resolve()));
    assert.ok(weak.sessions.get(session));
    assert.equal(weak.health().status, 'ok');
    await weak.close();
    line.close();
  });
});

/** A TCP line to anvil that can be cut and mended. */
async function breakable(port: number): Promise<{ url: string; cut(): void; mend(): void; close(): void }> {
  const sockets = new Set<Socket>();
  let up = true;
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    if (!up) return void socket.destroy();
    const far = dial(port, '127.0.0.1').on('error', () => socket.destroy());
    socket.on('close', () => far.destroy());
    socket.pipe(far).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cut() {
      up = false;
      drop();
    },
    mend() {
      up = true;
    },
    close() {
      drop();
      server.close();
    },
  };
}
