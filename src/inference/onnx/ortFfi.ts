import type { Backend, Session, SessionInit, StepInput, StepOutput } from '../backend.ts';
import { CACHE_PARTS, IO } from '../graph/decoder.ts';
import type { DecoderShape } from '../graph/shape.ts';
import { KvCache } from './kvCache.ts';
import type { KvStore } from './kvStore.ts';
import { NativeArray, NativeStrings } from './nativeMemory.ts';
import { type OrtApi, ortApi, type Pointer } from './ortApi.ts';
import { type Provider, providerOf } from './providers.ts';

const F32_BYTES = 4;

/** The fast backend: the C API of the bundled library. The cache and all inputs and outputs stay in place; a step copies nothing. */
export function openOrtFfi(provider = providerOf('cpu', 0)): Backend {
  const opened = ortApi();
  return {
    name: 'ortFfi',
    provider: provider.name,
    graph: provider.graph,
    runtimeVersion: opened.version,
    open: async (init) => new OrtFfiSession(opened, provider, init),
  };
}

/** Tensors of one kind of step, and the addresses that `run` takes. */
interface Binding {
  readonly inputs: BigUint64Array;
  readonly outputs: BigUint64Array;
  readonly owned: readonly Pointer[];
}

class OrtFfiSession implements Session {
  readonly shape: DecoderShape;
  readonly rows: number;
  readonly contextTokens: number;
  readonly warning?: string;
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #cache: KvStore;
  readonly #ids: NativeArray<'int64'>;
  readonly #last: NativeArray<'int32'>;
  readonly #total: NativeArray<'int32'>;
  readonly #keep: NativeArray<'int64'>;
  readonly #logits: NativeArray<'float32'>;
  readonly #hidden: NativeArray<'float32'>;
  readonly #inputNames: NativeStrings;
  readonly #outputNames: NativeStrings;
  /** Decode steps come in at most `rows` kinds and are the many: their tensors are kept, by row count. */
  readonly #decodeBindings = new Map<number, Binding>();

  constructor(api: OrtApi, provider: Provider, { model, shape, rows, contextTokens, stepTokensMax, threads }: SessionInit) {
    this.shape = shape;
    this.rows = rows;
    this.contextTokens = contextTokens;
    this.#api = api;
    this.#session = api.createSession(model, threads, provider.append && ((options) => provider.append?.(api, options)));
    this.#cache = provider.openCache(api, shape, rows, contextTokens);
    if (this.#cache.warning !== undefined) this.warning = this.#cache.warning;
    this.#ids = new NativeArray('int64', stepTokensMax);
    this.#last = new NativeArray('int32', rows);
    this.#total = new NativeArray('int32', 1);
    this.#keep = new NativeArray('int64', 1);
    this.#logits = new NativeArray('float32', stepTokensMax * shape.vocab);
    this.#hidden = new NativeArray('float32', stepTokensMax * shape.hidden);
    const cacheNames = (name: typeof IO.past): string[] =>
      Array.from({ length: shape.layers }, (_, layer) => CACHE_PARTS.map((part) => name(layer, part))).flat();
    this.#inputNames = new NativeStrings([IO.ids, IO.lastIndex, IO.totalLength, IO.keep, ...cacheNames(IO.past)]);
    this.#outputNames = new NativeStrings([IO.logits, IO.hidden, ...cacheNames(IO.present)]);
  }

  async run(step: StepInput): Promise<StepOutput> {
    const { first, count, length, ids, past, keep } = step;
    let longest = 0;
    for (let row = 0; row < count; row++) {
      const last = (past[row] as number) + length - 1;
      this.#last.view[row] = last;
      longest = Math.max(longest, last + 1);
    }
    for (let i = 0; i < ids.length; i++) this.#ids.view[i] = BigInt(ids[i] as number);
    this.#total.view[0] = longest;
    this.#keep.view[0] = BigInt(keep);
    const isDecode = first === 0 && length === 1;
    const binding = isDecode ? this.#decodeBinding(count) : this.#bind(first, count, length, keep);
    try {
      this.#api.run(this.#session, this.#inputNames.addresses, binding.inputs, this.#outputNames.addresses, binding.outputs);
    } finally {
      if (!isDecode) this.#unbind(binding);
    }
    const positions = count * keep;
    return {
      logits: this.#logits.view.subarray(0, positions * this.shape.vocab),
      hidden: this.#hidden.view.subarray(0, positions * this.shape.hidden),
    };
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.#cache.copyRow(from, to, tokens);
  }

  async close(): Promise<void> {
    for (const binding of this.#decodeBindings.values()) this.#unbind(binding);
    this.#decodeBindings.clear();
    this.#api.releaseSession(this.#session);
    this.#cache.close();
    for (const array of [this.#ids, this.#last, this.#total, this.#keep, this.#logits, this.#hidden, this.#inputNames, this.#outputNames])
      array.free();
  }

  #decodeBinding(count: number): Binding {
    const known = this.#decodeBindings.get(count);
    if (known !== undefined) return known;
    const binding = this.#bind(0, count, 1, 1);
    this.#decodeBindings.set(count, binding);
    return binding;
  }

  #bind(first: number, count: number, length: number, keep: number): Binding {
    const { kvHeads, headSize, vocab, hidden } = this.shape;
    const owned: Pointer[] = [];
    const tensor = (
      type: 'float32' | 'int32' | 'int64',
      address: Pointer,
      elementBytes: number,
      dims: number[],
      memory?: Pointer,
    ): Pointer => {
      const made = this.#api.createTensor(
        type,
        address,
        dims.reduce((product, dim) => product * dim, elementBytes),
        dims,
        memory,
      );
      owned.push(made);
      return made;
    };
    const rowBytes = F32_BYTES * KvCache.rowNumbers(this.shape, this.contextTokens);
    const { addresses, memory } = this.#cache;
    const dims = [count, kvHeads, this.contextTokens, headSize];
    const cache = addresses.map((address) => tensor('float32', address + BigInt(first * rowBytes), F32_BYTES, dims, memory));
    const inputs = [
      tensor('int64', this.#ids.address, 8, [count, length]),
      tensor('int32', this.#last.address, 4, [count]),
      tensor('int32', this.#total.address, 4, []),
      tensor('int64', this.#keep.address, 8, [1]),
      ...cache,
    ];
    const outputs = [
      tensor('float32', this.#logits.address, F32_BYTES, [count, keep, vocab]),
      tensor('float32', this.#hidden.address, F32_BYTES, [count, keep, hidden]),
      ...cache,
    ];
    return { inputs: BigUint64Array.from(inputs), outputs: BigUint64Array.from(outputs), owned };
  }

  #unbind(binding: Binding): void {
    for (const tensor of binding.owned) this.#api.releaseTensor(tensor);
  }
}
