import { join, resolve } from 'node:path';
import { ensureDataDir } from '../../config/dataDir.ts';
import { cliEnv } from '../../config/load.ts';
import type { BatchRates } from '../../inference/measure.ts';
import type { Rehearsals } from '../../inference/rehearsal/index.ts';
import type { RehearsalOutcome } from '../../inference/rehearsal/records.ts';
import type { StoreEvents } from '../../inference/store/events.ts';
import { HUB_ENDPOINT, parseEndpoint } from '../../inference/store/hub.ts';
import { ModelStore, type PullOptions } from '../../inference/store/index.ts';
import type { StoreManifest } from '../../inference/store/manifest.ts';
import { parseSource, type Source } from '../../inference/store/source.ts';

import type { BlockPeers } from '../../inference/store/swarm/ports.ts';
import { THREADS_MAX } from '../../inference/threads.ts';
import { modelFolder } from '../../node/models.ts';
import { systemClock } from '../../util/clock.ts';
import { toCoded, utilError } from '../../util/errors.ts';
import { formatBytes } from '../bytes.ts';
import { cliError } from '../errors.ts';
import { type GlobalOptions, loadFor } from '../globals.ts';
import type { Io } from '../io.ts';
import { fields, table } from '../output.ts';
import { joinPeers } from '../peers.ts';
import { ProgressBar } from '../progressBar.ts';
import { packageVersion } from '../version.ts';

export interface ModelPullOptions extends GlobalOptions {
  readonly name?: string;
  readonly revision?: string;
  readonly variant?: string;
  readonly sha256?: string;
  readonly share?: boolean;
}

export interface ModelBenchOptions extends GlobalOptions {
  readonly threads?: string;
}

const BENCH_BATCHES = [1, 8];
const BENCH_ROUNDS = 5;
const BENCH_PROMPT_TOKENS = 128;
const BENCH_DECODE_TOKENS = 64;

/** Downloads a model, or takes files of this machine in. */
export async function modelPull(text: string, options: ModelPullOptions, io: Io): Promise<void> {
  const { name, variant, revision, share } = options;
  const sha256 = options.sha256?.toLowerCase();
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)) throw cliError('CLI_USAGE', '--sha256 is not 64 hexadecimal digits');
  const endpoint = parseEndpoint(cliEnv('HF_ENDPOINT', io.env) ?? HUB_ENDPOINT);
  const source = parseSource(text, { endpoint, cwd: process.cwd(), ...(revision === undefined ? {} : { revision }) });
  await pullFrom(source, { name, variant, sha256, share }, options, io);
}

/** Takes a file or a folder of this machine in. */
export async function modelImport(path: string, name: string, options: ModelPullOptions, io: Io): Promise<void> {
  const source = parseSource(/^[./~]/.test(path) ? path : `./${path}`, { endpoint: parseEndpoint(HUB_ENDPOINT), cwd: process.cwd() });
  await pullFrom(source, { name, share: options.share }, options, io);
}

export interface ModelExportOptions extends GlobalOptions {
  readonly car?: string;
}

/** Writes a model to a CAR file. */
export async function modelExport(name: string, options: ModelExportOptions, io: Io): Promise<void> {
  if (options.car === undefined) throw cliError('CLI_USAGE', '--car <file> is missing');
  const { store } = await openStore(options, io);
  const file = resolve(options.car);
  const { cid, total } = await follow((signal) => store.export(name, file, signal), options, io);
  io.out(options.json ? `${JSON.stringify({ name, cid, file })}\n` : `${name}: ${cid}, ${formatBytes(total)} in ${file}\n`);
}

async function pullFrom(source: Source, wish: PullOptions, options: GlobalOptions, io: Io): Promise<void> {
  await using network = source.kind === 'peers' ? await joinPeers(options, io) : undefined;
  const { store, dataDir } = await openStore(options, io, network?.peers);
  await ensureDataDir(dataDir);
  const model = await follow((signal) => store.pull(source, wish, signal), options, io);
  const folder = await store.folder(model.name);
  const engine = await triedOut(folder, dataDir);
  io.out(options.json ? `${JSON.stringify({ ...model, folder, engine })}\n` : `${modelText(model, folder)}\nengine: ${engine}\n`);
}

const RUNS = 'runs it';

async function openRehearsals(dataDir: string): Promise<Rehearsals> {
  const { Rehearsals } = await import('../../inference/rehearsal/index.ts');
  return new Rehearsals({ recordsDir: join(dataDir, 'rehearsals') });
}

/** What is remembered of trying a model out. */
const knownText = (outcome: RehearsalOutcome | undefined): string => {
  if (outcome === undefined) return 'not tried';
  return 'id' in outcome ? RUNS : `${outcome.failure.code}: ${outcome.failure.message}`;
};

/** Whether the engine can run what was pulled; the store also keeps what it cannot. */
async function triedOut(folder: string, dataDir: string): Promise<string> {
  const rehearsals = await openRehearsals(dataDir);
  try {
    await interruptible('interrupted', (signal) => rehearsals.check(folder, signal));
    return RUNS;
  } catch (error) {
    const { code, message } = toCoded(error);
    if (code === 'CANCELLED') throw error;
    return `${code}: ${message}`;
  }
}

export async function modelList(options: GlobalOptions, io: Io): Promise<void> {
  const { store, dataDir } = await openStore(options, io);
  const models = await store.list();
  const rehearsals = await openRehearsals(dataDir);
  const engine = await Promise.all(models.map(async ({ name }) => knownText(await rehearsals.known(store.layout.view(name)))));
  if (options.json) {
    io.out(`${JSON.stringify(models.map((model, index) => ({ ...model, engine: engine[index] })))}\n`);
    return;
  }
  if (models.length === 0) {
    io.out('no models; the built-in one is always there\n');
    return;
  }
  const rows = models.map((model, index) => [
    model.name,
    formatBytes(model.total),
    String(model.files.length),
    model.license ?? '',
    model.pulledAt.slice(0, 10),
    model.shared === true ? 'yes' : 'no',
    model.cid ?? '(verify makes it)',
    sourceText(model),
    engine[index] as string,
  ]);
  io.out(table(['name', 'size', 'files', 'licence', 'pulled', 'shared', 'content id', 'source', 'engine'], rows));
}

export async function modelShow(name: string, options: GlobalOptions, io: Io): Promise<void> {
  const { store } = await openStore(options, io);
  const model = await store.show(name);
  const folder = store.layout.view(name);
  if (options.json) {
    io.out(`${JSON.stringify({ ...model, folder })}\n`);
    return;
  }
  io.out(modelText(model, folder));
  io.out(
    `\n${table(
      ['file', 'bytes', 'sha256'],
      model.files.map((file) => [file.path, file.size, file.sha256]),
    )}`,
  );
}

/** Lets other nodes have a model, or no longer. */
export async function modelShare(name: string, shared: boolean, options: GlobalOptions, io: Io): Promise<void> {
  const { store } = await openStore(options, io);
  const { cid } = await store.share(name, shared);
  if (options.json) io.out(`${JSON.stringify({ name, shared, cid })}\n`);
  else io.out(shared ? `${name} is shared as ${cid ?? 'soon as it is verified'}\n` : `${name} is not shared\n`);
}

export async function modelRemove(name: string, options: GlobalOptions, io: Io): Promise<void> {
  const { store } = await openStore(options, io);
  const bytesFreed = await store.remove(name);
  io.out(options.json ? `${JSON.stringify({ name, bytesFreed })}\n` : `removed ${name}; ${formatBytes(bytesFreed)} freed\n`);
}

/** One model, or all of them. All are read before the first damage is reported, and tried out again when they are next used. */
export async function modelVerify(name: string | undefined, options: GlobalOptions, io: Io): Promise<void> {
  const { store, dataDir } = await openStore(options, io);
  const rehearsals = await openRehearsals(dataDir);
  const names = name === undefined ? (await store.list()).map((model) => model.name) : [name];
  const verified: { name: string; files: number; bytes: number }[] = [];
  let damaged: unknown;
  for (const one of names) {
    try {
      await rehearsals.forget(store.layout.view(one));
      const model = await follow((signal) => store.verify(one, signal), options, io);
      verified.push({ name: one, files: model.files.length, bytes: model.total });
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'STORE_DAMAGED') throw error;
      damaged ??= error;
    }
  }
  if (damaged !== undefined) throw damaged;
  if (options.json) io.out(`${JSON.stringify(verified)}\n`);
  else if (verified.length === 0) io.out('no models; the built-in one is always there\n');
  else for (const one of verified) io.out(`${one.name}: ${one.files} files, ${formatBytes(one.bytes)}, as they were pulled\n`);
}

/** How fast this machine runs a model: medians over some rounds, after one that does not count. */
export async function modelBench(entry: string, options: ModelBenchOptions, io: Io): Promise<void> {
  const { createEngine } = await import('../../inference/engine.ts');
  const { measureBatch } = await import('../../inference/measure.ts');
  const { inferenceError } = await import('../../inference/errors.ts');
  const { config } = await loadFor(options, io);
  const { dir } = await modelFolder(entry === 'default' || /^[./~]/.test(entry) ? entry : `model:${entry}`, config.models.dir);
  const threads = options.threads === undefined ? config.miner.threads : Number(options.threads);
  if (!Number.isInteger(threads) || threads < 0 || threads > THREADS_MAX) {
    throw cliError('CLI_USAGE', `--threads is not a number from 0 to ${THREADS_MAX}`);
  }
  const engine = createEngine({ slots: Math.max(...BENCH_BATCHES), ...(threads === 0 ? {} : { threads }) });
  try {
    const startedAt = systemClock.monotonic();
    const model = await engine.load(dir);
    if (model.kind !== 'decoder') throw inferenceError('MODEL_KIND', `${entry} is a ${model.kind}; only decoders are measured`);
    const loadMs = Math.round(systemClock.monotonic() - startedAt);
    const promptTokens = Math.min(BENCH_PROMPT_TOKENS, model.contextTokens >> 1);
    const maxTokens = Math.min(BENCH_DECODE_TOKENS, model.contextTokens - promptTokens);
    // Which tokens is of no matter for the time; always the same ones.
    const prompt = (row: number): Uint32Array =>
      Uint32Array.from({ length: promptTokens }, (_, index) => (index * 7_919 + row * 104_729) % model.vocab);
    const batches = await interruptible('interrupted', async (signal) => {
      const found: ({ batch: number } & BatchRates)[] = [];
      for (const batch of BENCH_BATCHES) {
        const rounds: BatchRates[] = [];
        const prompts = Array.from({ length: batch }, (_, row) => prompt(row));
        for (let round = 0; round <= BENCH_ROUNDS; round++)
          rounds.push(await measureBatch(engine, model, prompts, maxTokens, systemClock, signal));
        const of = (pick: (rates: BatchRates) => number): number => median(rounds.slice(1).map(pick));
        found.push({
          batch,
          prefillTokensPerSecond: of((rates) => rates.prefillTokensPerSecond),
          decodeTokensPerSecond: of((rates) => rates.decodeTokensPerSecond),
          ttftMs: of((rates) => rates.ttftMs),
        });
      }
      return found;
    });
    const { backend, runtimeVersion } = engine.status;
    const about = { name: model.name, id: model.id, backend: backend.actual, runtimeVersion, loadMs, promptTokens, maxTokens };
    if (options.json) {
      io.out(`${JSON.stringify({ ...about, batches })}\n`);
      return;
    }
    io.out(
      fields([
        ['name', model.name],
        ['id', model.id],
        ['backend', `${about.backend}, ONNX Runtime ${runtimeVersion}`],
        ['loaded in', `${loadMs} ms`],
        ['each row', `${promptTokens} prompt tokens, ${maxTokens} more at most`],
      ]),
    );
    const rows = batches.map((one) => [one.batch, one.prefillTokensPerSecond, one.decodeTokensPerSecond, one.ttftMs].map(Math.round));
    io.out(`\n${table(['rows', 'prefill tok/s', 'decode tok/s', 'first token ms'], rows)}`);
  } finally {
    await engine.close();
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function openStore(options: GlobalOptions, io: Io, peers?: BlockPeers): Promise<{ store: ModelStore; dataDir: string }> {
  const { config } = await loadFor(options, io);
  const token = cliEnv('HF_TOKEN', io.env)?.trim();
  const hub = { endpoint: parseEndpoint(cliEnv('HF_ENDPOINT', io.env) ?? HUB_ENDPOINT), token };
  // Node's own switches for HTTP_PROXY and HTTPS_PROXY.
  const proxied = io.env.NODE_USE_ENV_PROXY === '1' || [...process.execArgv, io.env.NODE_OPTIONS].join(' ').includes('--use-env-proxy');
  const store = new ModelStore(config.models.dir, {
    hub,
    agent: `cortensord/${packageVersion()}`,
    direct: !proxied,
    ...(peers ? { peers } : {}),
  });
  return { store, dataDir: config.dataDir };
}

/** Shows the events and returns the model. Ctrl-C ends the work in good order: the next pull goes on. */
async function follow(start: (signal: AbortSignal) => StoreEvents, { json }: GlobalOptions, io: Io): Promise<StoreManifest> {
  const bar = json ? undefined : new ProgressBar(io);
  try {
    return await interruptible('interrupted; what is there is kept', async (signal) => {
      const events = start(signal);
      for (;;) {
        const next = await events.next();
        if (next.done) return next.value;
        bar?.show(next.value);
      }
    });
  } finally {
    bar?.end();
  }
}

/** Runs work whose signal aborts on SIGINT and SIGTERM. */
async function interruptible<T>(message: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(utilError('CANCELLED', message));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function sourceText({ source }: StoreManifest): string {
  if (source.kind === 'peers') return `peers, ${source.cid}`;
  if (source.kind === 'url') return source.url;
  return source.kind === 'local' ? source.path : `${source.repo}@${source.commit?.slice(0, 12) ?? source.revision}`;
}

function modelText(model: StoreManifest, folder: string): string {
  return fields([
    ['name', model.name],
    ['content id', model.cid],
    ['shared', model.shared === true ? 'yes' : 'no'],
    ['source', sourceText(model)],
    ['variant', model.variant],
    ['licence', model.license],
    ['size', `${formatBytes(model.total)} in ${model.files.length} files`],
    ['pulled', model.pulledAt],
    ['folder', folder],
    ['in modelDirs', `model:${model.name}`],
  ]);
}
