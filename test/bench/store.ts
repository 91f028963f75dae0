import { execFile, fork } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ModelStore } from '../../src/inference/store/index.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { summarise } from './metric.ts';

const SERVER = fileURLToPath(new URL('fileServer.ts', import.meta.url));
const BYTES = 1 << 30;
const ROUNDS = 7;
const BLOCK_BYTES = 8 << 20;

const run = promisify(execFile);

export const store: Benchmark = {
  name: 'store',
  summary: 'pulling a model of 1 GiB, against curl from the same local server',
  method:
    'A server in a process of its own; curl and a pull into an empty store take turns. The pull hashes everything with SHA-256, keeps its journal, ' +
    'and ends when the bytes are on disk; so curl’s time includes a sync of its file, and `pull_ratio` is curl’s time over the pull’s. ' +
    '`pull_unsynced_ratio` is against curl alone, which leaves its bytes in memory. The machine’s two cores are shared by server and client.',
  async run(context) {
    const file = join(context.dir, 'served.bin');
    await fill(file);
    const server = fork(SERVER, [file]);
    try {
      const [port] = (await once(server, 'message', { signal: context.signal })) as [number];
      const url = `http://127.0.0.1:${port}/model.gguf`;
      const rounds: { curl: number; synced: number; pull: number }[] = [];
      for (let round = -1; round < ROUNDS; round++) {
        const { curl, synced } = await timeCurl(url, context);
        const pull = await timePull(url, context);
        if (round < 0) continue;
        rounds.push({ curl, synced, pull });
        context.say(`round ${round + 1} of ${ROUNDS}: curl ${rate(synced)}, pull ${rate(pull)} MB/s`);
      }
      const of = (pick: (round: (typeof rounds)[number]) => number): number[] => rounds.map(pick);
      const { random } = context;
      return [
        summarise(
          'pull_ratio',
          '',
          'higher',
          of(({ synced, pull }) => synced / pull),
          random,
          { limit: 0.8 },
        ),
        summarise(
          'pull_unsynced_ratio',
          '',
          'higher',
          of(({ curl, pull }) => curl / pull),
          random,
        ),
        summarise(
          'pull_mb_per_s',
          'MB/s',
          'higher',
          of(({ pull }) => rate(pull)),
          random,
        ),
        summarise(
          'curl_mb_per_s',
          'MB/s',
          'higher',
          of(({ synced }) => rate(synced)),
          random,
        ),
      ];
    } finally {
      server.disconnect();
    }
  },
};

const rate = (ms: number): number => Math.round(BYTES / 1e3 / ms);

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const block = randomFillSync(Buffer.allocUnsafe(BLOCK_BYTES));
    for (let at = 0; at < BYTES; at += block.length) {
      block.writeUInt32BE(at / block.length);
      await handle.write(block);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function timeCurl(url: string, { dir, signal }: BenchContext): Promise<{ curl: number; synced: number }> {
  const out = join(dir, 'curl.bin');
  const startedAt = performance.now();
  await run('curl', ['--fail', '--silent', '--output', out, url], { signal });
  const curl = performance.now() - startedAt;
  const handle = await open(out, 'r+');
  await handle.datasync();
  const synced = performance.now() - startedAt;
  await handle.close();
  await rm(out);
  return { curl, synced };
}

async function timePull(url: string, { dir, signal }: BenchContext): Promise<number> {
  const root = join(dir, 'models');
  const models = new ModelStore(root);
  const startedAt = performance.now();
  for await (const _ of models.pull({ kind: 'url', url: new URL(url) }, {}, signal));
  const ms = performance.now() - startedAt;
  await rm(root, { recursive: true });
  return ms;
}
