import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, createPublicClient, http } from 'viem';
import { ipc } from 'viem/node';
import { METHODS } from '../../../src/api/rpc/methods.ts';
import type { Hex } from '../../../src/types/index.ts';
import { type Devnet, until } from '../support.ts';

/** The local socket, as `nc -U` and viem see it. */
export function rpcSuite(net: () => Devnet): void {
  const path = (): string => join(net().dataDir('router-1'), 'cortensord.sock');

  /** Writes the lines and reads as many answers as are expected. */
  async function talk(lines: readonly string[], answers: number): Promise<unknown[]> {
    const socket = connect(path());
    await once(socket, 'connect');
    try {
      socket.write(lines.map((line) => `${line}\n`).join(''));
      const read: unknown[] = [];
      for await (const line of createInterface(socket)) {
        read.push(JSON.parse(line));
        if (read.length === answers) break;
      }
      return read;
    } finally {
      socket.destroy();
    }
  }
  const call = (id: number, method: string): string => JSON.stringify({ jsonrpc: '2.0', id, method });

  it('is closed to other users', async () => {
    assert.equal((await stat(path())).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(path()))).mode & 0o777, 0o700);
  });

  it('rpc.discover lists every method in OpenRPC, to a raw socket and to viem', async () => {
    const [raw] = (await talk([call(1, 'rpc.discover')], 1)) as [{ id: number; result: { openrpc: string; methods: { name: string }[] } }];
    assert.equal(raw.id, 1);
    const names = raw.result.methods.map(({ name }) => name);
    for (const name of Object.keys(METHODS)) assert.ok(names.includes(name), name);
    const client = createClient({ transport: ipc(path(), { retryCount: 0 }) });
    const seen = await client.request<{ Method: string; Parameters?: undefined; ReturnType: unknown }>({ method: 'rpc.discover' });
    assert.deepEqual(seen, raw.result);
    const rpcClient = await client.transport.getRpcClient();
    rpcClient.close();
  });

  it('batches, notifications and errors by the specification', async () => {
    const batch = `[${call(1, 'net_info')},${call(2, 'no_such_method')},{"jsonrpc":"2.0","method":"net_info"}]`;
    interface Answer {
      id: number | null;
      result?: { peerId: string };
      error?: { code: number };
    }
    // Messages are worked on side by side: their answers come in any order.
    const read = (await talk([batch, '{"jsonrpc": '], 2)) as (Answer | Answer[])[];
    const answers = read.find(Array.isArray) ?? assert.fail('the batch has no answer');
    const broken = read.find((one): one is Answer => !Array.isArray(one));
    assert.equal(answers.length, 2, 'a notification has no answer');
    assert.match(answers.find(({ id }) => id === 1)?.result?.peerId ?? '', /^12D3KooW/);
    assert.equal(answers.find(({ id }) => id === 2)?.error?.code, -32_601);
    assert.equal(broken?.id, null);
    assert.equal(broken?.error?.code, -32_700);
  });

  it('task_show tells what became of a task: verdicts and settlement', async () => {
    const [model] = await net().call('router-1', 'model_list', {});
    const { session } = await net().call('router-1', 'session_create', { deposit: (10n ** 18n).toString(), model: model?.modelId });
    const messages = [{ role: 'user' as const, content: 'What is the capital of Spain?' }];
    const { task, text } = await net().call('router-1', 'task_complete', { session: session.id, messages });
    assert.notEqual(text, '');
    const shown = await until('the settlement', async () => {
      const seen = await net().call('router-1', 'task_show', { task });
      return seen.settlement === undefined ? undefined : seen;
    });
    assert.equal(shown.session, session.id);
    assert.equal(shown.verdict, 'VALID');
    assert.deepEqual(
      shown.verdicts.map(({ verdict }) => verdict),
      ['VALID', 'VALID', 'VALID'],
    );
    // The transaction is on the chain, and went to the Settlement contract.
    const chain = createPublicClient({ transport: http(net().chain) });
    const receipt = await chain.getTransactionReceipt({ hash: shown.settlement?.tx as Hex });
    const { settlement } = await net().call('router-1', 'chain_deployment', {});
    assert.deepEqual([receipt.status, Number(receipt.blockNumber)], ['success', shown.settlement?.block]);
    assert.equal(receipt.to, settlement.toLowerCase());
  });
}
