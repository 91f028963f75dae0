/** Entry of the worker thread: sessions, caches, sampling and tokenizers live here. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ModelId } from '../../types/index.ts';
import { utilError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import type { GenerateRequest, VerifyRequest } from '../types.ts';
import { LoadedModel } from './model.ts';
import type { Answer, CallToken, FromWorker, ToWorker } from './protocol.ts';
import { type SelectedBackend, selectBackend } from './selectBackend.ts';
import { toWire } from './wireError.ts';

const options = workerData as ResolvedEngineOptions;
const port = parentPort;
if (port === null) throw utilError('INTERNAL', 'inference/worker/main is the entry of a worker thread');

const models = new Map<ModelId, LoadedModel>();
let selected: Promise<SelectedBackend> | undefined;

/** Tokens of the step under way: all rows of a step are sampled in one turn, so a microtask sees them all. */
let stepTokens: CallToken[] = [];

function flushTokens(): void {
  if (stepTokens.length === 0) return;
  const tokens = stepTokens;
  stepTokens = [];
  port?.postMessage({ type: 'tokens', tokens } satisfies FromWorker);
}

function postToken(token: CallToken): void {
  if (stepTokens.push(token) === 1) queueMicrotask(flushTokens);
}

function post(message: Answer): void {
  flushTokens();
  port?.postMessage(message);
}

const fail = (call: number, error: unknown): void => post({ type: 'failed', call, error: toWire(error) });

async function load({ call, dir, options: loadOptions }: Extract<ToWorker, { type: 'load' }>): Promise<void> {
  selected ??= selectBackend(options.backend);
  const { backend, report } = await selected;
  const model = await LoadedModel.load(dir, loadOptions, backend, options, fail);
  const known = models.get(model.info.id);
  if (known === undefined) models.set(model.info.id, model);
  else await model.close();
  post({ type: 'loaded', call, info: (known ?? model).info, backend: report });
}

function modelOf({ model: id }: GenerateRequest | VerifyRequest): LoadedModel {
  const model = models.get(id);
  if (model === undefined) throw inferenceError('MODEL_NOT_FOUND', `model ${id} is not loaded`, { id });
  return model;
}

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'load':
      return load(message);
    case 'generate': {
      const { call, request } = message;
      return modelOf(request).generate(
        call,
        request,
        (token) => postToken({ call, token }),
        (end) => post({ type: 'ended', call, end }),
      );
    }
    case 'verify': {
      const { call, request } = message;
      return modelOf(request).verify(call, request, (result) => post({ type: 'verified', call, result }));
    }
    case 'cancel':
      for (const model of models.values()) model.cancel(message.call);
      return;
    case 'close':
      // A pass holds the thread or is awaited: native memory is given back only when none is under way.
      await Promise.all([...models.values()].map((model) => model.close()));
      process.exit(0);
  }
}

port.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    if ('call' in message) fail(message.call, error);
  });
});
