import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const VERSION = '3.22.1';
/** Not a dependency: 85 MB that only this comparison needs. */
const FOLDER = process.env.BENCH_LLAMA_DIR ?? path.join(import.meta.dirname, '../../node_modules/.cache/llama');
const ENTRY = path.join(FOLDER, 'node_modules/node-llama-cpp/dist/index.js');

/** What puts it beside the project, without a trace in package.json and lockfile. */
export const LLAMA_INSTALL =
  `npm install --no-save --ignore-scripts --omit=optional --prefix ${FOLDER} ` +
  `node-llama-cpp@${VERSION} @node-llama-cpp/${process.platform === 'win32' ? 'win' : process.platform === 'darwin' ? 'mac' : 'linux'}-${process.arch}@${VERSION}`;

/** The part of node-llama-cpp's binding that a comparison without sampling needs: batches as llama_decode takes them. */
interface Binding {
  initBatch(tokens: number): void;
  addToBatch(sequence: number, position: number, tokens: Uint32Array, logits: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
  setThreads(threads: number): void;
}

interface Llama {
  loadModel(options: object): Promise<{ createContext(options: object): Promise<Context>; dispose(): Promise<void> }>;
  dispose(): Promise<void>;
}
interface Context {
  readonly _ctx: Binding;
  dispose(): Promise<void>;
}

export interface LlamaOptions {
  readonly file: string;
  readonly sequences: number;
  readonly contextTokens: number;
  readonly flashAttention: boolean;
}

/** llama.cpp with one model file on the CPU: one context, several sequences that decode in one batch. */
export class LlamaCpp {
  readonly #llama: Llama;
  readonly #contexts: Context[] = [];
  readonly #model: Awaited<ReturnType<Llama['loadModel']>>;

  private constructor(llama: Llama, model: Awaited<ReturnType<Llama['loadModel']>>) {
    this.#llama = llama;
    this.#model = model;
  }

  static get isInstalled(): boolean {
    return existsSync(ENTRY);
  }

  static async open(file: string): Promise<LlamaCpp> {
    const { getLlama, LlamaLogLevel } = (await import(pathToFileURL(ENTRY).href)) as {
      getLlama(options: object): Promise<Llama>;
      LlamaLogLevel: { error: string };
    };
    const llama = await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      maxThreads: 0,
      logLevel: LlamaLogLevel.error,
      progressLogs: false,
    });
    return new LlamaCpp(llama, await llama.loadModel({ modelPath: file, gpuLayers: 0 }));
  }

  async context({ sequences, contextTokens, flashAttention }: Omit<LlamaOptions, 'file'>): Promise<LlamaContext> {
    const context = await this.#model.createContext({
      sequences,
      contextSize: contextTokens,
      batchSize: 512,
      flashAttention,
      threads: { ideal: 1, min: 0 },
    });
    this.#contexts.push(context);
    return new LlamaContext(context._ctx);
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.dispose();
    await this.#model.dispose();
    await this.#llama.dispose();
  }
}

export class LlamaContext {
  readonly #binding: Binding;

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  set threads(count: number) {
    this.#binding.setThreads(count);
  }

  /** New tokens of some sequences from their positions on, in one batch; logits of the last one of each. */
  async decode(rows: readonly { readonly sequence: number; readonly past: number; readonly tokens: Uint32Array }[]): Promise<void> {
    this.#binding.initBatch(rows.reduce((sum, { tokens }) => sum + tokens.length, 0));
    for (const { sequence, past, tokens } of rows) {
      this.#binding.addToBatch(sequence, past, tokens, Uint32Array.of(tokens.length - 1));
    }
    await this.#binding.decodeBatch();
  }

  /** Forgets all tokens of a sequence. */
  clear(sequence: number): void {
    this.#binding.removeTokenCellsFromSequence(sequence, 0, -1);
  }
}
