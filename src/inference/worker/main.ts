/** Entry of the worker process: sessions, caches, sampling and tokenizers live here. */
import { writeFileSync } from 'node:fs';
import type { ModelId } from '../../types/index.ts';
import { systemClock } from '../../util/clock.ts';
import { utilError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import { checkUnchanged } from '../modelFiles.ts';
import type { ModelKind } from '../modelKind.ts';
import { readManifest, requireId } from '../models.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import { endWithParent } from '../parentDeath.ts';
import { LoadedModel, type ModelEvents } from './model.ts';
import type { Answer, CallToken, FromWorker, ToWorker } from './protocol.ts';
import { type SelectedBackend, selectBackend } from './selectBackend.ts';
import { TensorModel } from './tensorModel.ts';
import { toWire } from './wireError.ts';

/** Of 1,000, for the kernel that looks for a victim when memory ends: this process before the daemon. */
const OOM_SCORE = '500';
/** While steps give nothing to tell, one of them is told of after this: the host watches for progress. */
const PROGRESS_MS = 1_000;

if (process.send === undefined) throw utilError('INTERNAL', 'inference/worker/main is the entry of a child process');
const options = JSON.parse(process.argv[2] as string) as ResolvedEngineOptions;

const models = new Map<ModelId, LoadedModel | TensorModel>();
let selected: Promise<SelectedBackend> | undefined;

/** Tokens of the step under way: all rows of a step are sampled in one turn, so a microtask sees them all. */
let stepTokens: CallToken[] = [];

let sentAt = systemClock.monotonic();

/** Errors are of no interest: without its parent this process ends. */
function send(message: FromWorker): void {
  sentAt = systemClock.monotonic();
  process.send?.(message, undefined, undefined, () => {});
}

function flushTokens(): void {
  if (stepTokens.length === 0) return;
  const tokens = stepTokens;
  stepTokens = [];
  send({ type: 'tokens', tokens });
}

function postToken(token: CallToken): void {
  if (stepTokens.push(token) === 1) queueMicrotask(flushTokens);
}

function post(message: Answer): void {
  flushTokens();
  send(message);
}

function stepped(): void {
  if (systemClock.monotonic() - sentAt >= PROGRESS_MS) send({ type: 'progress' });
}

const fail = (call: number, error: unknown): void => post({ type: 'failed', call, error: toWire(error) });

/** What is dropped at the end was not cancelled by its caller, who hears that the engine was closed. */
let closing = false;
const cancelled = (call: number): void => {
  if (!closing) post({ type: 'cancelled', call });
};
const events: ModelEvents = { failed: fail, cancelled, stepped };

async function load({ call, dir, options: loadOptions }: Extract<ToWorker, { type: 'load' }>): Promise<void> {
  selected ??= selectBackend(options);
  const { backend, report } = await selected;
  const manifest = await readManifest(dir);
  requireId(manifest, loadOptions.expectedId);
  const model =
    manifest.kind === 'decoder'
      ? await LoadedModel.load(manifest, backend, options, events)
      : await TensorModel.load(manifest, options.threads, backend.runtimeVersion, options.contextTokensMax);
  try {
    await checkUnchanged(dir, manifest.files);
  } catch (error) {
    await model.close();
    throw error;
  }
  const known = models.get(model.info.id);
  if (known === undefined) models.set(model.info.id, model);
  else await model.close();
  const warnings = [report.provider.warning, model instanceof LoadedModel ? model.warning : undefined].filter((text) => text !== undefined);
  const provider = { actual: report.provider.actual, ...(warnings.length === 0 ? {} : { warning: [...new Set(warnings)].join('; ') }) };
  post({ type: 'loaded', call, info: (known ?? model).info, backend: { ...report, provider } });
}

function modelOf(id: ModelId): LoadedModel | TensorModel {
  const model = models.get(id);
  if (model === undefined) throw inferenceError('MODEL_NOT_FOUND', `model ${id} is not loaded`, { id });
  return model;
}

const wrongKind = (id: ModelId, kind: ModelKind): Error => inferenceError('MODEL_KIND', `model ${id} is a ${kind}`, { id, kind });

function decoderOf({ model: id }: { readonly model: ModelId }): LoadedModel {
  const model = modelOf(id);
  if (model instanceof LoadedModel) return model;
  throw wrongKind(id, model.info.kind);
}

function tensorModelOf({ model: id }: { readonly model: ModelId }, kinds: readonly ModelKind[]): TensorModel {
  const model = modelOf(id);
  if (model instanceof TensorModel && kinds.includes(model.info.kind)) return model;
  throw wrongKind(id, model.info.kind);
}

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'load':
      return load(message);
    case 'generate': {
      const { call, request } = message;
      return decoderOf(request).generate(
        call,
        request,
        (token) => postToken({ call, token }),
        (end) => post({ type: 'ended', call, end }),
      );
    }
    case 'verify': {
      const { call, request } = message;
      return decoderOf(request).verify(call, request, (result) => post({ type: 'verified', call, result }));
    }
    case 'encode': {
      const { call, request } = message;
      const vectors = await tensorModelOf(request, ['encoder', 'classifier']).encode(call, request, stepped);
      return vectors === undefined ? cancelled(call) : post({ type: 'encoded', call, vectors });
    }
    case 'run': {
      const { call, request } = message;
      return post({ type: 'ran', call, outputs: await tensorModelOf(request, ['tensor']).run(request) });
    }
    case 'cancel':
      for (const model of models.values()) model.cancel(message.call);
      return;
    case 'close':
      closing = true;
      // A pass holds the thread or is awaited: native memory is given back only when none is under way.
      await Promise.all([...models.values()].map((model) => model.close()));
      process.exit(0);
  }
}

process.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    if ('call' in message) fail(message.call, error);
  });
});
// Ctrl-C and service managers signal all processes of a node: the daemon drains its work first, and then says `close`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
await endWithParent();
try {
  writeFileSync('/proc/self/oom_score_adj', OOM_SCORE);
} catch {
  // Not Linux, or no /proc: the kernel chooses as it likes.
}
