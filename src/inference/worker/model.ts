import { systemClock } from '../../util/clock.ts';
import type { Backend, Session } from '../backend.ts';
import { Grammars, type Matcher } from '../grammar/index.ts';
import { generateJob, verifyJob } from '../jobs.ts';
import type { ModelManifest } from '../models.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import { localProfile, profileHash } from '../profile.ts';
import { Scheduler } from '../scheduler.ts';
import { Sketcher } from '../sketch.ts';
import { openTokenizerWith, type Tokenizer } from '../tokenizer.ts';
import type { GeneratedToken, GenerateEnd, GenerateRequest, ModelInfo, VerifyRequest, VerifyResult } from '../types.ts';
import { openSession } from './openSession.ts';

/** What happens to the calls of a model other than their results. */
export interface ModelEvents {
  failed(call: number, error: unknown): void;
  cancelled(call: number): void;
  /** Between two steps. */
  stepped(): void;
}

/** A model that is ready to run, with its own cache and scheduler. */
export class LoadedModel {
  readonly info: ModelInfo;
  /** What runs worse than it could, and why. */
  readonly warning: string | undefined;
  readonly #session: Session;
  readonly #scheduler: Scheduler;
  readonly #sketcher: Sketcher;
  readonly #tokenizer: Tokenizer;
  readonly #grammars: Grammars;

  private constructor(info: ModelInfo, session: Session, tokenizer: Tokenizer, options: ResolvedEngineOptions, events: ModelEvents) {
    this.info = info;
    this.warning = session.warning;
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#grammars = new Grammars(tokenizer);
    this.#sketcher = new Sketcher(session.shape.hidden);
    const { speculation, slots } = options;
    this.#scheduler = new Scheduler({
      ...options,
      session,
      speculates: speculation === 'on' || (speculation === 'auto' && slots === 1 && info.profile === 'fp32'),
      clock: systemClock,
      onFailure: (job, error) => events.failed(job.call, error),
      onCancelled: (job) => events.cancelled(job.call),
      onStep: () => events.stepped(),
    });
  }

  static async load(manifest: ModelManifest, backend: Backend, options: ResolvedEngineOptions, events: ModelEvents): Promise<LoadedModel> {
    const contextTokens = Math.min(manifest.contextTokens, options.contextTokensMax);
    const tokenizer = await openTokenizerWith(manifest, contextTokens);
    const { session, profile } = await openSession(manifest, contextTokens, backend, options);
    const info: ModelInfo = {
      name: manifest.name,
      id: manifest.id,
      kind: manifest.kind,
      labels: [],
      contextTokens,
      vocab: session.shape.vocab,
      architecture: manifest.architecture,
      hiddenSize: manifest.hiddenSize,
      profile,
      numericsProfile: profileHash(
        await localProfile(profile, backend.runtimeVersion, profile === 'onnx' ? 'cpu' : backend.provider, manifest.id),
      ),
    };
    return new LoadedModel(info, session, tokenizer, options, events);
  }

  generate(call: number, request: GenerateRequest, onToken: (token: GeneratedToken) => void, onEnd: (end: GenerateEnd) => void): void {
    const { eosIds } = this.#tokenizer;
    const detokenizer = request.stop.length > 0 ? this.#tokenizer.detokenizer() : undefined;
    const matcher = this.#matcher(request);
    const { contextTokens } = this.info;
    this.#scheduler.submit(
      generateJob({ call, request, contextTokens, eosIds, detokenizer, matcher, sketcher: this.#sketcher, onToken, onEnd }),
    );
  }

  verify(call: number, request: VerifyRequest, onResult: (result: VerifyResult) => void): void {
    if (request.outputIds.length === 0) {
      onResult({ chosen: new Uint32Array(), logprob: new Float32Array(), rank: new Uint32Array(), gap: new Float32Array(), sketches: [] });
      return;
    }
    this.#scheduler.submit(verifyJob({ call, request, matcher: this.#matcher(request), sketcher: this.#sketcher, onResult }));
  }

  /** @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED, GRAMMAR_TOO_LARGE */
  #matcher({ sampling: { grammar } }: GenerateRequest | VerifyRequest): Matcher | undefined {
    return grammar === '' ? undefined : this.#grammars.get(grammar).matcher();
  }

  cancel(call: number): void {
    this.#scheduler.cancel(call);
  }

  /** Drops what is under way and gives the memory back. */
  async close(): Promise<void> {
    await this.#scheduler.close();
    await this.#session.close();
  }
}
