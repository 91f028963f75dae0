import { inferenceError } from '../errors.ts';
import type { ModelManifest } from '../models.ts';
import type { TensorSession } from '../onnx/tensorSession.ts';
import { type Pooling, pool, readPooling, softmax } from '../pooling.ts';
import type { TensorValue } from '../types.ts';

const IDS = 'input_ids';
const MASK = 'attention_mask';
const SEGMENTS = 'token_type_ids';
/** First outputs that hold what is wanted, by the names that exporters give them. */
const HIDDEN = ['last_hidden_state', 'token_embeddings', 'hidden_states'];
const SCORES = ['logits'];

/** Texts to vectors, one text a pass: what a text gives does not depend on its neighbours. */
export class Encoder {
  readonly labels: readonly string[];
  readonly #session: TensorSession;
  readonly #output: string;
  /** Undefined for a classifier. */
  readonly #pooling: Pooling | undefined;
  readonly #hidden: number;

  private constructor(session: TensorSession, output: string, manifest: ModelManifest, pooling: Pooling | undefined) {
    this.#session = session;
    this.#output = output;
    this.#pooling = pooling;
    this.#hidden = manifest.hiddenSize;
    this.labels = pooling === undefined ? labelsOf(manifest.config) : [];
  }

  /** @throws MODEL_INVALID, MODEL_UNSUPPORTED naming the input or output that is missing or unknown */
  static async open(session: TensorSession, manifest: ModelManifest): Promise<Encoder> {
    const unsupported = (key: string, what: string): Error => inferenceError('MODEL_UNSUPPORTED', `ONNX export: ${what}`, { key });
    const unknown = session.inputs.find((name) => ![IDS, MASK, SEGMENTS].includes(name));
    if (unknown !== undefined) throw unsupported(unknown, `${unknown} is an input that is not known`);
    if (!session.inputs.includes(IDS)) throw unsupported(IDS, `${IDS} is missing`);
    const wanted = manifest.kind === 'classifier' ? SCORES : HIDDEN;
    const output = wanted.find((name) => session.outputs.includes(name));
    if (output === undefined) throw unsupported(wanted[0] as string, `none of ${wanted.join(', ')} is an output`);
    return new Encoder(session, output, manifest, manifest.kind === 'classifier' ? undefined : await readPooling(manifest));
  }

  /** @throws ENGINE_NUMERICS when a number of the vector is none */
  async encode(ids: Uint32Array): Promise<Float32Array> {
    const filled = (value: number): TensorValue => ({
      type: 'int64',
      shape: [1, ids.length],
      data: new Uint8Array(ids.length).fill(value),
    });
    const all: Record<string, TensorValue> = { [IDS]: { ...filled(0), data: ids }, [MASK]: filled(1), [SEGMENTS]: filled(0) };
    const feeds = Object.fromEntries(this.#session.inputs.map((name) => [name, all[name] as TensorValue]));
    const numbers = Float32Array.from((await this.#session.run(feeds))[this.#output]?.data ?? []);
    const size = this.#pooling === undefined ? this.labels.length : ids.length * this.#hidden;
    if (numbers.length !== size) {
      const message = `ONNX export: ${numbers.length} numbers in ${this.#output}; config.json says ${size}`;
      throw inferenceError('MODEL_INVALID', message, { key: this.#output });
    }
    const vector = this.#pooling === undefined ? softmax(numbers) : pool(numbers, ids.length, this.#pooling);
    if (vector.every(Number.isFinite)) return vector;
    throw inferenceError('ENGINE_NUMERICS', `${this.#output} has numbers that are none`, { output: this.#output });
  }
}

function labelsOf({ id2label: labels }: ModelManifest['config']): string[] {
  const named = typeof labels === 'object' && labels !== null ? (labels as Record<string, unknown>) : {};
  const list = Array.from({ length: Object.keys(named).length }, (_, i) => named[String(i)]);
  if (list.length > 0 && list.every((label) => typeof label === 'string')) return list as string[];
  throw inferenceError('MODEL_INVALID', 'config.json: id2label does not name labels 0, 1, …', { key: 'id2label' });
}
