import path from 'node:path';
import { inferenceError } from '../errors.ts';
import type { ModelManifest } from '../models.ts';
import { checkExternalData } from '../onnx/externalData.ts';
import { TensorSession } from '../onnx/tensorSession.ts';
import { localProfile, profileHash } from '../profile.ts';
import { checkInputs, readSignature, type Signature } from '../signature.ts';
import type { EncodeRequest, ModelInfo, TensorRequest, TensorValue } from '../types.ts';
import { Encoder } from './encoder.ts';

/** An ONNX model that is no decoder. */
export class TensorModel {
  readonly info: ModelInfo;
  readonly #session: TensorSession;
  /** Of an encoder or classifier; the others have a signature. */
  readonly #encoder: Encoder | undefined;
  readonly #signature: Signature | undefined;
  readonly #cancelled = new Set<number>();
  readonly #running = new Set<number>();

  private constructor(info: ModelInfo, session: TensorSession, encoder: Encoder | undefined, signature: Signature | undefined) {
    this.info = info;
    this.#session = session;
    this.#encoder = encoder;
    this.#signature = signature;
  }

  /** @throws MODEL_INVALID, MODEL_UNSUPPORTED */
  static async load(manifest: ModelManifest, threads: number, runtimeVersion: string, contextTokensMax: number): Promise<TensorModel> {
    const { dir, kind, format, weightFiles } = manifest;
    if (format !== 'onnx') {
      throw inferenceError('MODEL_UNSUPPORTED', `${manifest.architecture} in ${dir} is run from ONNX, not from ${format}`, {
        key: 'format',
      });
    }
    const [model, ...data] = weightFiles as [string, ...string[]];
    const file = path.join(dir, model);
    await checkExternalData(
      file,
      data.map((name) => path.posix.basename(name)),
    );
    const session = await TensorSession.open(file, threads);
    try {
      const encoder = kind === 'tensor' ? undefined : await Encoder.open(session, manifest);
      const signature = kind === 'tensor' ? await signatureOf(dir, session) : undefined;
      const info: ModelInfo = {
        name: manifest.name,
        id: manifest.id,
        kind,
        labels: encoder?.labels ?? signature?.labels ?? [],
        contextTokens: Math.min(manifest.contextTokens, contextTokensMax),
        vocab: manifest.vocab,
        architecture: manifest.architecture,
        hiddenSize: manifest.hiddenSize,
        profile: 'onnx',
        numericsProfile: profileHash(await localProfile('onnx', runtimeVersion, 'cpu', manifest.id)),
      };
      return new TensorModel(info, session, encoder, signature);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Undefined when it was cancelled between two inputs, after each of which `onStep` is told. */
  async encode(call: number, { inputs }: EncodeRequest, onStep?: () => void): Promise<Float32Array[] | undefined> {
    const encoder = this.#encoder as Encoder;
    const vectors: Float32Array[] = [];
    this.#running.add(call);
    try {
      for (const ids of inputs) {
        if (this.#cancelled.has(call)) return undefined;
        vectors.push(await encoder.encode(ids));
        onStep?.();
      }
      return vectors;
    } finally {
      this.#running.delete(call);
      this.#cancelled.delete(call);
    }
  }

  /** @throws REQUEST_INVALID, ENGINE_NUMERICS */
  async run({ inputs }: TensorRequest): Promise<Record<string, TensorValue>> {
    const signature = this.#signature as Signature;
    checkInputs(signature, inputs);
    const results = await this.#session.run(inputs);
    const outputs = Object.keys(signature.outputs).map((name): [string, TensorValue] => [name, results[name] as TensorValue]);
    for (const [name, { data }] of outputs) {
      if (!Array.prototype.every.call(data, Number.isFinite)) {
        throw inferenceError('ENGINE_NUMERICS', `${name} has numbers that are none`, { output: name });
      }
    }
    return Object.fromEntries(outputs);
  }

  cancel(call: number): void {
    if (this.#running.has(call)) this.#cancelled.add(call);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** @throws MODEL_INVALID when signature and file disagree */
async function signatureOf(dir: string, session: TensorSession): Promise<Signature> {
  const signature = await readSignature(dir);
  const missing = (declared: object, actual: readonly string[], all: boolean): string | undefined =>
    Object.keys(declared).find((name) => !actual.includes(name)) ??
    (all ? actual.find((name) => !Object.hasOwn(declared, name)) : undefined);
  const name = missing(signature.inputs, session.inputs, true) ?? missing(signature.outputs, session.outputs, false);
  if (name === undefined) return signature;
  throw inferenceError('MODEL_INVALID', `signature.json in ${dir} and the model disagree on ${name}`, {
    dir,
    file: 'signature.json',
    key: name,
  });
}
