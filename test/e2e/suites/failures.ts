import assert from 'node:assert/strict';
import { errorOf, events, post, restOf } from '../http.ts';
import { allGone, cli, type Devnet, descendants, Running, rpc, until } from '../support.ts';

const QUESTION = { messages: [{ role: 'user', content: 'What is the capital of Japan?' }] };
/** Long, and paced by the slow miner at 25 ms per token: there is time to interfere. */
const STORY = {
  messages: [{ role: 'user', content: 'Tell me a story about a cat.' }],
  temperature: 1,
  seed: 7,
  max_tokens: 80,
  stream: true,
};

const MINERS = ['miner-1', 'miner-2', 'miner-3'];

/** Bad luck, one blow after the other on one devnet. Ends with nobody but guards and oracle alive. */
export function failuresSuite(net: () => Devnet, home: () => string): void {
  let model: string;
  /** Operators of the miners, by name. */
  const operators = new Map<string, string>();
  /** Nodes that a test has started again. */
  const restarted: Running[] = [];

  before(async () => {
    model = (await net().call('router-1', 'model_list', {}))[0]?.id ?? '';
    for (const name of MINERS) operators.set((await net().call(name, 'node_status', {})).operator.toLowerCase(), name);
  });
  after(async () => {
    for (const node of restarted) await node.finish();
  });

  const ask = (): Promise<Response> => post(net(), { model, ...QUESTION });
  async function minerOf(response: Response): Promise<string> {
    const body = (await response.json()) as { cortensor?: { miner: string } };
    assert.equal(response.status, 200, JSON.stringify(body));
    return operators.get(body.cortensor?.miner.toLowerCase() ?? '') ?? assert.fail('an unknown miner answered');
  }
  function killed(name: string): void {
    process.kill(net().pidOf(name), 'SIGKILL');
  }
  async function restart(name: string): Promise<Running> {
    const node = new Running(home(), ['start', '--data-dir', net().dataDir(name)]);
    restarted.push(node);
    await node.printed(/"msg":"ready"/);
    return node;
  }
  /** Until the router gives work to the only miner that is left. */
  const served = (name: string): Promise<unknown> =>
    until(`an answer of ${name}`, async () => {
      const response = await ask();
      return response.status === 200 && (await minerOf(response)) === name;
    });
  /** Starts a story and gives the stream after its first words. */
  async function story(signal?: AbortSignal): Promise<AsyncGenerator<string, void, void>> {
    const stream = events(await post(net(), { model, ...STORY }, net().apiKey, signal));
    for (;;) {
      const step = await stream.next();
      if (step.done) assert.fail('the stream ended at once');
      const chunk = JSON.parse(step.value);
      assert.equal(chunk.error, undefined, step.value);
      if (chunk.choices[0].delta.content) return stream;
    }
  }

  it('a killed miner: the next completion is answered by another one', async () => {
    const first = await minerOf(await ask());
    killed(first);
    assert.notEqual(await minerOf(await ask()), first);
    await net().printed(new RegExp(`${first} ended`));
  });

  it('all miners killed: a coded 502 or 503, and the router stays up', async () => {
    const dead = new Set([...net().err.matchAll(/(\S+) ended; see its node\.log/g)].map(([, name]) => name));
    for (const name of MINERS) if (!dead.has(name)) killed(name);
    const { status, error } = await errorOf(await ask());
    assert.ok(
      (status === 502 && error.code === 'MINER_FAILED') || (status === 503 && error.code === 'NO_MINER'),
      `${status} ${error.code}`,
    );
    const { counters } = await net().call('router-1', 'node_status', {});
    assert.equal(counters.router?.inFlight, 0);
    assert.equal((await fetch(net().rest.replace(/v1$/, 'health'))).status, 200);
  });

  it('NO_MINER 503 once their heartbeats have timed out', async () => {
    await until('a model without miners', async () => (await net().call('router-1', 'model_list', {}))[0]?.miners === 0);
    const { status, error } = await errorOf(await ask());
    assert.deepEqual([status, error.code, error.type], [503, 'NO_MINER', 'server_error']);
  });

  let miner: Running;
  const minerRpc = (): string => `${net().dataDir('miner-2')}/cortensord.sock`;
  it('a miner that is started again from its data dir serves again', async () => {
    miner = await restart('miner-2');
    await served('miner-2');
  });

  it('a client that leaves cancels the work at the miner', async () => {
    const client = new AbortController();
    await story(client.signal);
    client.abort();
    await until('the cancellation at the miner', async () => {
      const { counters } = await rpc(minerRpc(), 'node_status', {});
      return counters.miner?.cancelled === 1 && counters.miner.running === 0;
    });
    const { counters } = await net().call('router-1', 'node_status', {});
    assert.ok((counters.router?.cancelled ?? 0) >= 1);
    assert.equal(counters.router?.inFlight, 0);
  });

  const enginePid = async (): Promise<number> =>
    (await rpc(minerRpc(), 'node_status', {})).engine?.pid ?? assert.fail('the miner has no engine process');

  it('a miner’s engine that crashes in the middle of an answer: MINER_LOST, the daemon stays, and a new engine answers', async () => {
    const crashed = await enginePid();
    const stream = await story();
    process.kill(crashed, 'SIGSEGV');
    const rest = await restOf(stream);
    assert.equal(JSON.parse(rest.at(-1) ?? '').error.code, 'MINER_LOST');
    await served('miner-2');
    assert.notEqual(await enginePid(), crashed);
    const { counters } = await rpc(minerRpc(), 'node_status', {});
    assert.equal(counters.miner?.failed, 1);
  });

  it('a miner killed in the middle of an answer: MINER_LOST in the stream, and its engine ends with it', async () => {
    const engine = await enginePid();
    const stream = await story();
    miner.kill('SIGKILL');
    const rest = await restOf(stream);
    assert.equal(JSON.parse(rest.at(-1) ?? '').error.code, 'MINER_LOST');
    await allGone([engine]);
  });

  it('SIGTERM to a miner in the middle of an answer: the answer is finished, then it exits 0', async () => {
    miner = await restart('miner-2');
    await served('miner-2');
    const stream = await story();
    miner.kill('SIGTERM');
    const rest = await restOf(stream);
    assert.equal(rest.at(-1), '[DONE]');
    assert.equal((await miner.end()).code, 0);
  });

  it('a killed chain: every node stays up and says so, and a session that is open gets an answer or a coded error', async () => {
    miner = await restart('miner-2');
    await served('miner-2');
    const anvil = (await descendants(net().pid)).find(({ command }) => /anvil.* --chain-id/.test(command));
    process.kill(anvil?.pid ?? assert.fail('there is no anvil'), 'SIGKILL');
    const status = await until('the chain problem in the status', async () => {
      const seen = await net().call('router-1', 'node_status', {});
      return seen.chain.healthy ? undefined : seen;
    });
    assert.equal(status.ready, false);
    assert.match(status.problems.join(), /the chain endpoint does not answer \(CHAIN_UNREACHABLE\)/);
    assert.equal((await fetch(net().rest.replace(/v1$/, 'ready'))).status, 503);
    for (const name of ['guard-1', 'guard-2', 'guard-3', 'oracle-1'])
      assert.equal((await net().call(name, 'node_status', {})).chain.chainId, 31_337);

    const response = await ask();
    if (response.status === 200) assert.equal(await minerOf(response), 'miner-2');
    else assert.match((await errorOf(response)).error.code, /^[A-Z_]+$/);
    const created = await cli(home(), ['session', 'create', '--deposit', '1', '--json']);
    assert.notEqual(created.code, 0);
    assert.match(JSON.parse(created.out).error.code, /^CHAIN_/);
  });

  it('SIGTERM to the router in the middle of an answer: the answer is finished, then it ends', async () => {
    const stream = await story();
    process.kill(net().pidOf('router-1'), 'SIGTERM');
    const rest = await restOf(stream);
    assert.equal(rest.at(-1), '[DONE]');
    await net().printed(/router-1 ended/);
    assert.match(await net().log('router-1'), /"msg":"stopped"/);
    const { code, out } = await cli(home(), ['status', '--json']);
    assert.equal(code, 69);
    assert.equal(JSON.parse(out).error.code, 'NODE_NOT_RUNNING');
  });
}
