import { open } from 'node:fs/promises';
import type { Clock } from '../../util/clock.ts';
import { missingOf, modelNames, readModel } from './catalog.ts';
import { digestHex, parseContentId } from './content/cid.ts';
import { buildFolder } from './content/directory.ts';
import { FileDag, leafBytes, leafCount, type NodePlace } from './content/fileDag.ts';
import { LEAF_BYTES } from './content/leaf.ts';
import { readLeaves } from './content/leaves.ts';
import { storeError } from './errors.ts';
import { type StoreLayout, storeLayout } from './layout.ts';
import type { StoreManifest } from './manifest.ts';
import type { BlockRequest } from './swarm/ports.ts';

/** Models that one node shares. */
export const SHARED_MODELS_MAX = 256;
/** Leaves of them: 1 TiB of models; 40 bytes of memory each. */
export const SHARED_LEAVES_MAX = 4_194_304;
/** Asked for what is not known, the store is read again, but not more often than this. */
const REREAD_MS = 5_000;

interface SharedFile {
  readonly sha256: string;
  readonly size: number;
}
interface SharedModel {
  readonly cid: string;
  readonly blocks: ReadonlyMap<string, Uint8Array>;
  readonly dags: readonly { readonly file: SharedFile; readonly dag: FileDag }[];
}

/** What of a store other nodes may have: models that are marked as shared, by the digests of their blocks. Bytes come from the blobs. */
export class Shelf {
  readonly #layout: StoreLayout;
  readonly #clock: Clock;
  #models = new Map<string, SharedModel>();
  #blocks = new Map<string, Uint8Array | ({ readonly dag: FileDag } & NodePlace)>();
  #files = new Map<string, SharedFile>();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(dir: string, clock: Clock) {
    this.#layout = storeLayout(dir);
    this.#clock = clock;
  }

  /** Content ids of what is shared, as of the last reading. */
  get roots(): string[] {
    return [...new Set([...this.#models.values()].map(({ cid }) => cid))];
  }

  /** Reads the store again; calls at the same time share one reading. @throws STORE_UNUSABLE */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** The blocks that are asked for, in order. @throws STORE_BLOCK_MISSING */
  async *read(request: BlockRequest): AsyncGenerator<Uint8Array> {
    if (request.kind === 'nodes') for (const digest of request.digests) yield await this.#node(digest);
    else yield* this.#leaves(request);
  }

  async #node(digest: string): Promise<Uint8Array> {
    const found = await this.#find(this.#blocks.get(digest), () => this.#blocks.get(digest));
    return found instanceof Uint8Array ? found : found.dag.node(found);
  }

  async *#leaves({ file, first, count }: Extract<BlockRequest, { kind: 'leaves' }>): AsyncGenerator<Uint8Array> {
    const { sha256, size } = await this.#find(this.#files.get(file), () => this.#files.get(file));
    if (first + count > leafCount(size)) throw missing();
    const handle = await open(this.#layout.blob(sha256), 'r').catch((error) => {
      throw missing(error);
    });
    try {
      for (let leaf = first; leaf < first + count; leaf++) {
        const block = Buffer.allocUnsafeSlow(leafBytes(size, leaf));
        const { bytesRead } = await handle.read(block, 0, block.length, leaf * LEAF_BYTES);
        if (bytesRead !== block.length) throw missing();
        yield block;
      }
    } finally {
      await handle.close();
    }
  }

  async #find<T>(known: T | undefined, again: () => T | undefined): Promise<T> {
    if (known !== undefined) return known;
    if (this.#clock.monotonic() - this.#readAt > REREAD_MS) await this.refresh();
    const found = again();
    if (found === undefined) throw missing();
    return found;
  }

  async #read(): Promise<void> {
    const models = new Map<string, SharedModel>();
    let leaves = 0;
    for (const name of await modelNames(this.#layout)) {
      const model = await readModel(this.#layout, name).catch(() => undefined);
      if (model?.shared !== true || model.cid === undefined || models.size >= SHARED_MODELS_MAX) continue;
      leaves += model.files.reduce((sum, { size }) => sum + leafCount(size), 0);
      if (leaves > SHARED_LEAVES_MAX) break;
      const known = this.#models.get(name);
      const shared = known?.cid === model.cid ? known : await this.#index(model);
      if (shared !== undefined) models.set(name, shared);
    }
    this.#models = models;
    this.#blocks = new Map();
    this.#files = new Map();
    for (const { blocks, dags } of models.values()) {
      for (const [digest, block] of blocks) this.#blocks.set(digest, block);
      for (const { file, dag } of dags) {
        this.#files.set(digestHex(dag.root), file);
        for (const { cid, level, index } of dag.nodes()) this.#blocks.set(digestHex(cid), { dag, level, index });
      }
    }
    this.#readAt = this.#clock.monotonic();
  }

  /** Undefined when the model is not what its content id says. */
  async #index({ cid, files }: StoreManifest): Promise<SharedModel | undefined> {
    if ((await missingOf(this.#layout, files)).length > 0) return undefined;
    const dags: { file: SharedFile; dag: FileDag }[] = [];
    for (const { sha256, size } of files) {
      const leaves = await readLeaves(this.#layout, sha256, size);
      if (leaves === undefined) return undefined;
      dags.push({ file: { sha256, size }, dag: await FileDag.inTurns(size, leaves) });
    }
    const listed = dags.map(({ dag }, at) => ({ path: files[at]?.path as string, cid: dag.root, tsize: dag.tsize }));
    const { root, nodes } = buildFolder(listed);
    return cid !== undefined && root.equals(parseContentId(cid)) ? { cid, blocks: nodes, dags } : undefined;
  }
}

const missing = (cause?: unknown) => storeError('STORE_BLOCK_MISSING', 'this node does not share the block', {}, cause);
