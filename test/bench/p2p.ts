import { type ChildProcess, fork } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { StoreEvents } from '../../src/inference/store/events.ts';
import { ModelStore } from '../../src/inference/store/index.ts';
import type { StoreManifest } from '../../src/inference/store/manifest.ts';
import { blockPeers } from '../../src/node/blockPeers.ts';
import { openClient } from '../../src/protocols/engine/openClient.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Benchmark } from './benchmark.ts';
import { summarise } from './metric.ts';

const SERVER = fileURLToPath(new URL('blockServer.ts', import.meta.url));
const PROVIDERS = 3;
const BYTES = 512 << 20;
const BLOCK_BYTES = 8 << 20;
const ROUNDS = 7;
const MB_PER_S_LIMIT = 150;

export const p2p: Benchmark = {
  name: 'p2p',
  summary: 'pulling a model of 512 MiB by its content id from three other nodes',
  method:
    'Three providers, each a process with the node’s libp2p host (TCP, Noise, Yamux) and block server; they share one store. A client joins through ' +
    'one of them, finds the others in the DHT, and pulls into an empty store: every block is hashed before it is written, the whole file again, and the ' +
    'time ends when the bytes are on disk. One CPU core or less is each process’s part of the machine.',
  async run(context) {
    const held = join(context.dir, 'held');
    const { signal } = context;
    const model = await makeModel(context.dir, held, signal);
    const servers: ChildProcess[] = [];
    try {
      let first: string | undefined;
      for (let n = 0; n < PROVIDERS; n++) {
        const server = fork(SERVER, [held, ...(first === undefined ? [] : [first])]);
        servers.push(server);
        const [address] = (await once(server, 'message', { signal })) as [string];
        first ??= address;
      }
      const client = await openClient(
        { clock: systemClock, log: pino({ level: 'silent' }) },
        { bootstrap: [first as string], privateAddresses: true },
      );
      try {
        const rates: number[] = [];
        const nodes: number[] = [];
        for (let round = -1; round < ROUNDS; round++) {
          const root = join(context.dir, 'pulled');
          const store = new ModelStore(root, { peers: blockPeers(client) });
          const startedAt = performance.now();
          const { joined } = await drain(store.pull({ kind: 'peers', cid: model.cid as string }, { name: 'm' }, signal));
          const rate = BYTES / 1e3 / (performance.now() - startedAt);
          await rm(root, { recursive: true });
          if (round < 0) continue;
          rates.push(Math.round(rate));
          nodes.push(joined);
          context.say(`round ${round + 1} of ${ROUNDS}: ${Math.round(rate)} MB/s from ${joined} nodes`);
        }
        return [
          summarise('p2p_pull_mb_per_s', 'MB/s', 'higher', rates, context.random, { limit: MB_PER_S_LIMIT }),
          summarise('p2p_nodes_sending', '', 'higher', nodes, context.random, { limit: PROVIDERS }),
        ];
      } finally {
        await client.close();
      }
    } finally {
      for (const server of servers) server.disconnect();
    }
  },
};

async function makeModel(dir: string, held: string, signal: AbortSignal): Promise<StoreManifest> {
  const from = join(dir, 'from');
  await mkdir(from);
  const handle = await open(join(from, 'model.safetensors'), 'wx');
  try {
    const block = randomFillSync(Buffer.allocUnsafe(BLOCK_BYTES));
    for (let at = 0; at < BYTES; at += block.length) {
      block.writeUInt32BE(at / block.length);
      await handle.write(block);
    }
  } finally {
    await handle.close();
  }
  const { model } = await drain(new ModelStore(held).pull({ kind: 'local', path: from }, { name: 'm', share: true }, signal));
  await rm(from, { recursive: true });
  return model;
}

async function drain(events: StoreEvents): Promise<{ model: StoreManifest; joined: number }> {
  const joined = new Set<string>();
  for (;;) {
    const next = await events.next();
    if (next.done) return { model: next.value, joined: joined.size };
    if (next.value.type === 'peer' && next.value.what === 'joined') joined.add(next.value.peerId);
  }
}
