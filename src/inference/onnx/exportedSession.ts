import type { Session, StepInput, StepOutput } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import type { ExportShape } from './exportedInputs.ts';

export interface ExportedSessionInit {
  /** The ONNX file, checked by `checkExternalData`. */
  readonly file: string;
  readonly vocab: number;
  readonly rows: number;
  readonly contextTokens: number;
  /** New tokens in one pass at most. */
  readonly stepTokensMax: number;
  readonly threads: number;
}

/** An exported graph and what its rows hold, on one binding. */
export interface ExportRuntime {
  readonly layout: ExportShape;
  /**
   * New tokens of one row after the first `past` that it holds.
   *
   * @param keep last positions that logits are wanted for
   * @returns f32 [positions, vocab], valid until the next pass: `keep` positions where the export takes that number, else all new ones
   */
  pass(row: number, past: number, ids: Uint32Array, keep: number): Promise<Float32Array>;
  copyRow(from: number, to: number, tokens: number): void;
  close(): Promise<void>;
}

/**
 * A decoder as exporters write it. Each row runs by itself, so that it is independent of what else runs. There is no hidden state.
 */
export class ExportedSession implements Session {
  readonly shape: { readonly vocab: number; readonly hidden: 0 };
  readonly rows: number;
  readonly contextTokens: number;
  readonly #runtime: ExportRuntime;

  /** Closes the runtime when it throws. @throws MODEL_INVALID when the graph gives other logits than config.json says */
  static async over({ vocab, rows, contextTokens }: ExportedSessionInit, runtime: ExportRuntime): Promise<ExportedSession> {
    const { vocab: given } = runtime.layout;
    if (given === undefined || given === vocab) return new ExportedSession(vocab, rows, contextTokens, runtime);
    await runtime.close();
    throw contradicts(given, vocab);
  }

  private constructor(vocab: number, rows: number, contextTokens: number, runtime: ExportRuntime) {
    this.shape = { vocab, hidden: 0 };
    this.rows = rows;
    this.contextTokens = contextTokens;
    this.#runtime = runtime;
  }

  async run({ first, count, length, ids, past, keep }: StepInput): Promise<StepOutput> {
    const { vocab } = this.shape;
    const given = this.#runtime.layout.keep === undefined ? length : keep;
    const pass = async (i: number): Promise<Float32Array> => {
      const values = await this.#runtime.pass(first + i, past[i] as number, ids.subarray(i * length, (i + 1) * length), keep);
      if (values.length !== given * vocab) throw contradicts(values.length / given, vocab);
      return values.subarray((given - keep) * vocab);
    };
    const hidden = new Float32Array();
    if (count === 1) return { logits: await pass(0), hidden };
    const logits = new Float32Array(count * keep * vocab);
    for (let i = 0; i < count; i++) logits.set(await pass(i), i * keep * vocab);
    return { logits, hidden };
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.#runtime.copyRow(from, to, tokens);
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }
}

function contradicts(given: number, vocab: number): Error {
  const message = `ONNX export: ${given} logits a token; config.json says ${vocab}`;
  return inferenceError('MODEL_INVALID', message, { key: 'vocab_size', vocab });
}
