import type { Logger } from 'pino';
import type { ModelId } from '../types/index.ts';
import { BoundedQueue } from '../util/boundedQueue.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { type CodedError, utilError } from '../util/errors.ts';
import { inferenceError } from './errors.ts';
import { folderStamps } from './modelFiles.ts';
import { requireId } from './models.ts';
import { type EngineOptions, type ResolvedEngineOptions, resolveOptions } from './options.ts';
import { type Rehearsals, sharedRehearsals } from './rehearsal/index.ts';
import { checkEncode, checkGenerate, checkVerify } from './request.ts';
import type {
  EncodeRequest,
  Engine,
  EngineStatus,
  GeneratedToken,
  GenerateEnd,
  GenerateRequest,
  LoadOptions,
  ModelInfo,
  TensorRequest,
  TensorValue,
  VerifyRequest,
  VerifyResult,
} from './types.ts';
import { WorkerHost } from './worker/host.ts';
import type { Answer, BackendReport, ToWorker } from './worker/protocol.ts';
import { Restarts } from './worker/restarts.ts';

interface LoadedModel {
  readonly dir: string;
  readonly info: ModelInfo;
  /** The worker that holds it; a model of a crashed worker is loaded again when it is next used. */
  readonly host: WorkerHost;
}

/** The host side of the engine: checks requests, passes them to the worker and its answers back. Holds no tensors. */
export class WorkerEngine implements Engine {
  readonly #options: ResolvedEngineOptions;
  readonly #logger: Logger | undefined;
  readonly #rehearsals: Rehearsals;
  readonly #clock: Clock;
  readonly #restarts: Restarts;
  readonly #closing = new AbortController();
  readonly #models = new Map<ModelId, LoadedModel>();
  readonly #loading = new Map<string, Promise<ModelInfo>>();
  readonly #outstanding = new Map<ModelId, number>();
  #host: WorkerHost | undefined;
  #backend: BackendReport | undefined;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = resolveOptions(options);
    this.#logger = options.logger;
    this.#rehearsals = options.rehearsals ?? sharedRehearsals;
    this.#clock = options.clock ?? systemClock;
    this.#restarts = new Restarts(this.#clock);
  }

  get status(): EngineStatus {
    const { backend, provider, threads, slots } = this.#options;
    let active = 0;
    let queued = 0;
    for (const count of this.#outstanding.values()) {
      active += Math.min(count, slots);
      queued += Math.max(0, count - slots);
    }
    const warning = this.#backend?.warning;
    const { lost, warning: lostLast } = this.#restarts;
    const onProvider = this.#backend?.provider;
    return {
      backend: { requested: backend, actual: this.#backend?.actual, ...(warning === undefined ? {} : { warning }) },
      runtimeVersion: this.#backend?.runtimeVersion,
      provider: { requested: provider, actual: undefined, ...onProvider },
      threads,
      models: [...this.#models.values()].map((model) => model.info),
      pid: this.#host?.pid,
      lost,
      ...(lostLast === undefined ? {} : { warning: lostLast }),
      active,
      queued,
    };
  }

  async load(dir: string, options: LoadOptions = {}): Promise<ModelInfo> {
    const running = this.#loading.get(dir);
    const loading = running ?? this.#load(dir, options).finally(() => this.#loading.delete(dir));
    if (running === undefined) this.#loading.set(dir, loading);
    const info = await loading;
    requireId({ dir, id: info.id }, options.expectedId);
    return info;
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GeneratedToken, GenerateEnd> {
    const model = this.#model(request.model);
    checkGenerate(request, model.info);
    const promptTokens = request.promptIds.length;
    let completionTokens = 0;
    let end: GenerateEnd | undefined;
    const host = signal.aborted ? undefined : await this.#hostOf(model);
    if (host !== undefined && !signal.aborted) {
      const tokens = new BoundedQueue<GeneratedToken>(Math.min(request.maxTokens, model.info.contextTokens) + 1);
      const call = host.call((number) => ({ type: 'generate', call: number, request }), {
        token: (token) => tokens.tryPush(token),
        answer: (answer) => {
          if (answer.type !== 'ended') return;
          end = answer.end;
          this.#restarts.answered();
          tokens.close();
        },
        fail: (error) => tokens.close(error),
      });
      const onAbort = (): void => tokens.close();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#count(request.model, 1);
      try {
        for await (const token of tokens) {
          completionTokens++;
          yield token;
        }
      } finally {
        this.#count(request.model, -1);
        signal.removeEventListener('abort', onAbort);
        host.cancel(call);
      }
    }
    return end ?? { finishReason: 'cancelled', promptTokens, cachedTokens: 0, completionTokens };
  }

  async verify(request: VerifyRequest, signal: AbortSignal): Promise<VerifyResult> {
    const model = this.#model(request.model);
    checkVerify(request, model.info);
    const { result } = await this.#ask(model, 'verified', (call) => ({ type: 'verify', call, request }), signal);
    return result;
  }

  async encode(request: EncodeRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    const model = this.#model(request.model);
    checkEncode(request, model.info);
    const { vectors } = await this.#ask(model, 'encoded', (call) => ({ type: 'encode', call, request }), signal);
    return vectors;
  }

  async run(request: TensorRequest, signal: AbortSignal): Promise<Readonly<Record<string, TensorValue>>> {
    const model = this.#model(request.model);
    const { outputs } = await this.#ask(model, 'ran', (call) => ({ type: 'run', call, request }), signal);
    return outputs;
  }

  /** One question, one answer of a type. Throws the signal's reason when it aborts. */
  async #ask<T extends Answer['type']>(
    model: LoadedModel,
    type: T,
    message: (call: number) => ToWorker,
    signal: AbortSignal,
  ): Promise<Extract<Answer, { type: T }>> {
    signal.throwIfAborted();
    const host = await this.#hostOf(model);
    signal.throwIfAborted();
    const answer = Promise.withResolvers<Extract<Answer, { type: T }>>();
    const call = host.call(message, {
      answer: (reply) => {
        if (reply.type !== type) return;
        this.#restarts.answered();
        answer.resolve(reply as Extract<Answer, { type: T }>);
      },
      fail: (error) => answer.reject(error),
    });
    const onAbort = (): void => {
      host.cancel(call);
      answer.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#count(model.info.id, 1);
    try {
      return await answer.promise;
    } finally {
      this.#count(model.info.id, -1);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.abort(inferenceError('ENGINE_CLOSED', 'the engine was closed'));
    const host = this.#host;
    this.#host = undefined;
    await host?.close();
  }

  #model(id: ModelId): LoadedModel {
    if (this.#closed) throw inferenceError('ENGINE_CLOSED', 'the engine was closed');
    const model = this.#models.get(id);
    if (model === undefined) throw inferenceError('MODEL_NOT_FOUND', `model ${id} is not loaded`, { id });
    return model;
  }

  /** The worker that holds the model: loads it again when its worker has crashed. */
  async #hostOf(model: LoadedModel): Promise<WorkerHost> {
    if (model.host === this.#host) return model.host;
    await this.load(model.dir, { expectedId: model.info.id });
    return this.#model(model.info.id).host;
  }

  async #load(dir: string, options: LoadOptions): Promise<ModelInfo> {
    this.#closing.signal.throwIfAborted();
    for (const model of this.#models.values()) if (model.dir === dir && model.host === this.#host) return model.info;
    const rehearsed = await this.#rehearsals.check(dir, this.#closing.signal);
    const bytes = (await folderStamps(dir)).reduce((sum, file) => sum + file.bytes, 0);
    this.#closing.signal.throwIfAborted();
    const host = this.#worker();
    host.expect(bytes);
    const expectedId = options.expectedId ?? rehearsed;
    if (rehearsed !== undefined) requireId({ dir, id: rehearsed }, expectedId);
    const answer = Promise.withResolvers<ModelInfo>();
    const wanted = expectedId === undefined ? {} : { expectedId };
    host.call((call) => ({ type: 'load', call, dir, options: wanted }), {
      answer: (message) => {
        if (message.type !== 'loaded') return;
        this.#started(message.backend);
        this.#models.set(message.info.id, { dir, info: message.info, host });
        answer.resolve(message.info);
      },
      fail: (error) => answer.reject(error),
    });
    return answer.promise;
  }

  #started(report: BackendReport): void {
    const known = this.#backend;
    this.#backend = report;
    if (known?.provider.actual === report.provider.actual && known.provider.warning === report.provider.warning) return;
    const { backend, provider } = this.status;
    const line = { backend: backend.actual, provider: provider.actual, requested: provider.requested };
    if (provider.warning === undefined) this.#logger?.info(line, `inference runs on ${provider.actual}`);
    else this.#logger?.warn({ ...line, reason: provider.warning }, `inference runs on ${provider.actual}, not as asked for`);
  }

  #worker(): WorkerHost {
    if (this.#host !== undefined) return this.#host;
    this.#restarts.check();
    const host = new WorkerHost(this.#options, this.#clock, (error) => this.#onLost(host, error));
    this.#host = host;
    return host;
  }

  #onLost(host: WorkerHost, error: CodedError): void {
    if (this.#host === host) this.#host = undefined;
    this.#restarts.ended(error);
    this.#logger?.error({ err: error, code: error.code, remedy: error.remedy }, 'inference worker lost; the next call starts a new one');
  }

  #count(model: ModelId, change: 1 | -1): void {
    const count = (this.#outstanding.get(model) ?? 0) + change;
    if (count < 0) throw utilError('INTERNAL', 'more inference calls ended than began');
    this.#outstanding.set(model, count);
  }
}
