import assert from 'node:assert/strict';
import { cli, cliJson, type Devnet, until } from '../support.ts';

const COR = 10n ** 18n;

/** The commands that people type while a devnet runs: they find it by themselves, from HOME. */
export function cliSuite(net: () => Devnet, home: () => string): void {
  it('status: a ready router that knows every node', async () => {
    const status = await cliJson(home(), ['status']);
    assert.deepEqual(status.roles, ['router']);
    assert.deepEqual(status.problems, []);
    assert.equal(status.ready, true);
    assert.equal(status.chain.healthy, true);
    assert.equal(status.chain.chainId, 31_337);
    assert.equal(status.net.knownNodes, 8);
    const text = await cli(home(), ['status']);
    assert.equal(text.code, 0);
    assert.match(text.out, /ready +yes/);
  });

  it('peers: verified roles and operators of everybody that the router is connected to', async () => {
    interface Peer {
      peerId: string;
      operator?: string;
      roles?: string[];
    }
    const peers = await until('verified peers', async () => {
      const seen: Peer[] = await cliJson(home(), ['peers']);
      return seen.length > 0 && seen.every(({ roles, operator }) => roles?.length === 1 && operator !== undefined) ? seen : undefined;
    });
    const operators = new Map(peers.map(({ peerId, operator }) => [peerId, operator]));
    assert.equal(new Set(operators.values()).size, operators.size, 'one operator for each peer');
    const roles = new Set(peers.map((peer) => peer.roles?.join()));
    assert.ok(roles.has('miner') && !roles.has('router'), [...roles].join());
  });

  it('chat: the answer on standard output, the receipt on standard error', async () => {
    const { code, out, err } = await cli(home(), ['chat', 'What is the capital of France?']);
    assert.equal(code, 0, err);
    assert.notEqual(out.trim(), '');
    assert.match(err, /\[task 0x\w+… miner 0x\w+… \d+\+\d+ tokens, [\d.]+ COR\]/);
  });

  it('session: create, spend, show, list, close, and the rest comes back', async () => {
    const created = await cliJson(home(), ['session', 'create', '--deposit', '5', '--name', 'e2e']);
    const { id } = created.session;
    assert.equal(created.session.state, 'open');
    assert.equal(created.session.deposit, (5n * COR).toString());
    assert.match(created.apiKey, /^cor-/);
    assert.equal(created.baseUrl, net().rest);
    assert.match(created.tx, /^0x[0-9a-f]{64}$/);

    const chat = await cliJson(home(), ['chat', '--session', id, 'What color is the sky?']);
    assert.notEqual(chat.answer, '');
    const shown = await cliJson(home(), ['session', 'show', id]);
    assert.equal(shown.name, 'e2e');
    assert.equal((BigInt(shown.promised) + BigInt(shown.spent)).toString(), chat.cost);
    const listed: { id: string }[] = await cliJson(home(), ['session', 'list']);
    assert.ok(listed.some((session) => session.id === id));

    await until('the settlement of the chat', async () => (await cliJson(home(), ['session', 'show', id])).spent === chat.cost);
    const closing = await cliJson(home(), ['session', 'close', id]);
    assert.equal(closing.state, 'closing');
    assert.ok(closing.refundableAt > 0);
    const refused = await cli(home(), ['chat', '--session', id, 'Still there?', '--json']);
    assert.equal(refused.code, 1);
    assert.equal(JSON.parse(refused.out).error.code, 'SESSION_NOT_OPEN');

    // The chain's clock says when the thaw is over.
    const closed = await until('the refund', async () => {
      const { code, out } = await cli(home(), ['session', 'close', id, '--json']);
      return code === 0 ? JSON.parse(out) : undefined;
    });
    assert.equal(closed.state, 'closed');
    assert.equal(BigInt(closed.refund) + BigInt(chat.cost), 5n * COR);
  });

  it('SESSION_UNKNOWN for a session that the chain does not have', async () => {
    const { code, out } = await cli(home(), ['session', 'show', `0x${'42'.repeat(32)}`, '--json']);
    assert.equal(code, 1);
    assert.equal(JSON.parse(out).error.code, 'SESSION_UNKNOWN');
  });

  it('DEVNET_RUNNING with exit 69 for a second devnet in the same place, and the first goes on', async () => {
    const { code, out } = await cli(home(), ['devnet', '--once', '--json']);
    assert.equal(code, 69);
    assert.equal(JSON.parse(out).error.code, 'DEVNET_RUNNING');
    assert.equal((await cliJson(home(), ['status'])).ready, true);
  });
}
