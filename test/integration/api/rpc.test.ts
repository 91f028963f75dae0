import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createPublicClient } from 'viem';
import { ipc } from 'viem/node';
import { connectRpc } from '../../../src/api/rpc/client.ts';
import { MESSAGE_BYTES_MAX } from '../../../src/api/rpc/limits.ts';
import { METHODS } from '../../../src/api/rpc/methods.ts';
import { type RpcServer, startRpcServer } from '../../../src/api/rpc/server.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { bytes32, type FakeNode, fakeNode } from './fakeNode.ts';

const log = pino({ level: 'silent' });

describe('api/rpc over a real socket', () => {
  let dir: string;
  let node: FakeNode;
  let server: RpcServer;

  const start = (path: string) => startRpcServer({ path, service: node, version: '1.2.3', log, connectionsMax: 8 });

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cor-rpc-'));
    node = fakeNode();
    server = await start(join(dir, 'run', 'cortensord.sock'));
  });
  afterEach(async () => {
    await server.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** What `nc -U` does: writes text, half-closes, reads to the end. */
  async function raw(text: string): Promise<unknown[]> {
    const socket = connect({ path: server.path, allowHalfOpen: true });
    socket.end(text);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    return Buffer.concat(chunks)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
  const error = (reply: unknown) => (reply as { error: { code: number; message: string; data?: Record<string, unknown> } }).error;

  it('makes the directory 0700 and the socket 0600', async () => {
    assert.equal((await stat(join(dir, 'run'))).mode & 0o777, 0o700);
    assert.equal((await stat(server.path)).mode & 0o777, 0o600);
  });

  it('answers every method in the shape that its schema promises', async () => {
    const client = await connectRpc(server.path);
    const params: Record<string, unknown> = {
      session_create: { deposit: '5' },
      session_show: { session: bytes32('02') },
      session_close: { session: bytes32('02') },
      session_apiKey: { session: bytes32('02') },
      task_complete: { messages: [{ role: 'user', content: 'words a b' }] },
      admin_logLevel: { level: 'debug' },
    };
    for (const [name, method] of Object.entries(METHODS)) {
      if (name === 'task_show') continue;
      const result = await client.call(name as 'net_info', (params[name] ?? {}) as never);
      method.result.parse(result);
    }
    assert.deepEqual(node.calls, ['stop', 'create 5', 'level debug']);
    client.close();
  });

  it('speaks to viem’s ipc transport', async () => {
    const transport = ipc(server.path, { retryCount: 0 });
    const client = createPublicClient({ transport });
    const request = client.request as unknown as (args: { method: string; params?: unknown }) => Promise<unknown>;
    const info = await request({ method: 'net_info' });
    assert.equal((info as { peerId: string }).peerId, '12D3KooWFake');
    const shown = await request({ method: 'session_show', params: [bytes32('0a')] });
    assert.equal((shown as { id: string }).id, bytes32('0a'));
    (await client.transport.getRpcClient()).close();
  });

  it('rpc.discover lists every method with params and result', async () => {
    const [reply] = await raw('{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n');
    const document = (reply as { result: { openrpc: string; methods: { name: string }[] } }).result;
    const names = document.methods.map((method) => method.name);
    for (const name of [...Object.keys(METHODS), 'task_subscribe', 'task_unsubscribe', 'rpc.discover'])
      assert.ok(names.includes(name), name);
  });

  it('-32700 for broken JSON, and the next line is answered', async () => {
    const [broken, good] = await raw('{"jsonrpc":\n{"jsonrpc":"2.0","id":2,"method":"net_info"}\n');
    assert.equal(error(broken).code, -32700);
    assert.equal((good as { id: number }).id, 2);
  });

  it('-32600 for what is no request, -32601 for an unknown method, -32602 with the path of a bad param', async () => {
    const replies = await raw(
      '{"id":1,"method":"net_info"}\n{"jsonrpc":"2.0","id":2,"method":"toString"}\n{"jsonrpc":"2.0","id":3,"method":"session_show","params":{"session":"0x12"}}\n{"jsonrpc":"2.0","id":4,"method":"net_info","params":{"x":1}}\n[]\n',
    );
    const byId = new Map(replies.map((reply) => [(reply as { id: number | null }).id, error(reply)]));
    assert.equal(byId.get(1)?.code, -32600);
    assert.equal(byId.get(2)?.code, -32601);
    assert.equal(byId.get(3)?.code, -32602);
    assert.equal((byId.get(3)?.data?.issues as { path: string }[] | undefined)?.[0]?.path, 'session');
    assert.equal(byId.get(4)?.code, -32602);
    assert.equal(byId.get(null)?.code, -32600);
  });

  it('-32000 with the code and remedy of a coded error, -32603 for a defect', async () => {
    const replies = await raw(
      `{"jsonrpc":"2.0","id":1,"method":"task_complete","params":{"messages":[{"role":"user","content":"empty"}]}}\n{"jsonrpc":"2.0","id":2,"method":"task_show","params":["${bytes32('01')}"]}\n`,
    );
    const byId = new Map(replies.map((reply) => [(reply as { id: number }).id, error(reply)]));
    assert.equal(byId.get(1)?.code, -32000);
    assert.equal(byId.get(1)?.data?.code, 'SESSION_EMPTY');
    assert.equal(byId.get(1)?.data?.remedy, 'Top the session up.');
    assert.equal(byId.get(2)?.code, -32603);
  });

  it('answers a batch without its notifications, and nothing to notifications alone', async () => {
    const replies = await raw(
      '[{"jsonrpc":"2.0","method":"node_stop"},{"jsonrpc":"2.0","id":"a","method":"net_info"},1]\n[{"jsonrpc":"2.0","method":"node_stop"}]\n',
    );
    assert.equal(replies.length, 1);
    assert.deepEqual(
      (replies[0] as { id: unknown }[]).map((reply) => reply.id),
      ['a', null],
    );
    assert.deepEqual(node.calls, ['stop', 'stop']);
  });

  it('RPC_MESSAGE_TOO_LARGE above 1 MiB, and closes', async () => {
    const [reply] = await raw(`{"jsonrpc":"2.0","id":1,"method":"net_info","params":["${'x'.repeat(MESSAGE_BYTES_MAX)}"]}\n`);
    assert.equal(error(reply).data?.code, 'RPC_MESSAGE_TOO_LARGE');
  });

  it('streams a task over a subscription', async () => {
    const client = await connectRpc(server.path);
    const events = [];
    for await (const event of client.subscribe('task', { messages: [{ role: 'user', content: 'words a b' }] })) events.push(event);
    assert.deepEqual(
      events.map((event) => event.type),
      ['assigned', 'delta', 'delta', 'end'],
    );
    client.close();
  });

  it('an error in a subscription arrives with its code', async () => {
    const client = await connectRpc(server.path);
    const events = client.subscribe('task', { messages: [{ role: 'user', content: 'break a' }] });
    await assert.rejects(
      async () => {
        for await (const _ of events);
      },
      (thrown) => isCoded(thrown, 'NO_MINER'),
    );
    client.close();
  });

  it('leaving the loop unsubscribes and cancels the work', async () => {
    const client = await connectRpc(server.path);
    for await (const event of client.subscribe('task', { messages: [{ role: 'user', content: 'hang a' }] }))
      if (event.type === 'delta') break;
    assert.ok(isCoded(await node.router.cancelled, 'CANCELLED'));
    client.close();
  });

  it('a disconnect cancels subscriptions and unary calls', async () => {
    const socket = connect(server.path);
    socket.write(
      '{"jsonrpc":"2.0","id":1,"method":"task_complete","params":{"messages":[{"role":"user","content":"hang"}]}}\n{"jsonrpc":"2.0","id":2,"method":"net_info"}\n',
    );
    await once(socket, 'data');
    socket.destroy();
    assert.ok(isCoded(await node.router.cancelled, 'CANCELLED'));
  });

  it('a client that does not read holds the stream back', async () => {
    const socket = connect(server.path);
    socket.write('{"jsonrpc":"2.0","id":1,"method":"task_subscribe","params":{"messages":[{"role":"user","content":"flood 100000"}]}}\n');
    await once(socket, 'readable');
    socket.destroy();
    const { sent } = (await node.router.cancelled) as { sent: number };
    assert.ok(sent < 1_000, `${sent} deltas of 16 KiB were taken from the router`);
  });

  it('SOCKET_IN_USE while another process answers', async () => {
    await assert.rejects(start(server.path), (thrown) => isCoded(thrown, 'SOCKET_IN_USE'));
  });

  it('SOCKET_IN_USE when the path is a plain file, which is left alone', async () => {
    const path = join(dir, 'file.sock');
    await writeFile(path, 'mine');
    await assert.rejects(start(path), (thrown) => isCoded(thrown, 'SOCKET_IN_USE'));
    assert.ok((await stat(path)).isFile());
  });

  it('takes over the socket of a dead process', async () => {
    const path = join(dir, 'stale.sock');
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    assert.ok((await stat(path)).isSocket());
    const second = await start(path);
    await second.close();
  });

  it('NODE_NOT_RUNNING when nobody listens', async () => {
    await assert.rejects(connectRpc(join(dir, 'none.sock')), (thrown) => isCoded(thrown, 'NODE_NOT_RUNNING'));
  });

  it('SOCKET_PATH_TOO_LONG before it binds', async () => {
    await assert.rejects(start(join(dir, 'x'.repeat(120))), (thrown) => isCoded(thrown, 'SOCKET_PATH_TOO_LONG'));
  });

  it('RPC_CONNECTION_LOST for a call in flight when the node goes away', async () => {
    const path = join(dir, 'rude.sock');
    const rude = createServer((socket) => socket.once('data', () => socket.destroy())).listen(path);
    await once(rude, 'listening');
    const client = await connectRpc(path);
    await assert.rejects(client.call('net_info', {}), (thrown) => isCoded(thrown, 'RPC_CONNECTION_LOST'));
    rude.close();
  });
});
