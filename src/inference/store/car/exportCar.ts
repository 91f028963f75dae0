import { type FileHandle, open, rm } from 'node:fs/promises';
import type { CID } from 'multiformats/cid';
import { cidOf, DAG_PB, digestHex, RAW, sha256Of } from '../content/cid.ts';
import { contentOf } from '../content/contentOf.ts';
import { type FileDag, leafBytes, leafCount } from '../content/fileDag.ts';
import { DIGEST_BYTES, LEAF_BYTES } from '../content/leaf.ts';
import { diskError } from '../disk.ts';
import { storeError } from '../errors.ts';
import type { StoreEvent } from '../events.ts';
import type { StoreLayout } from '../layout.ts';
import type { StoredFile, StoreManifest } from '../manifest.ts';
import type { ResolvedStoreOptions } from '../options.ts';
import { ProgressMeter } from '../rate.ts';
import { carHeader, sectionHead } from './format.ts';

/**
 * Writes a model as a CARv1 with its content id as root: folders, then each file's nodes and leaves, each block once. Leaves are checked against
 * their hashes on the way.
 *
 * @param target must not be there; removed when the export does not end
 * @throws STORE_FILE_EXISTS, STORE_DAMAGED, STORE_DISK_FULL, STORE_UNUSABLE; the signal's reason
 */
export async function exportCar(
  model: StoreManifest,
  target: string,
  layout: StoreLayout,
  { clock }: Pick<ResolvedStoreOptions, 'clock'>,
  tell: (event: StoreEvent) => void,
  signal: AbortSignal,
): Promise<StoreManifest> {
  tell({ type: 'plan', name: model.name, files: model.files.length, bytesTotal: model.total, bytesHere: 0 });
  const { cid, folder, files, dags } = await contentOf(layout, model.files, signal);
  const meter = new ProgressMeter(clock, files, tell);
  const handle = await open(target, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw diskError(error, target);
    throw storeError('STORE_FILE_EXISTS', `${target} is there already`, { path: target }, error);
  });
  try {
    const car = new CarWriter(handle);
    await handle.writeFile(carHeader(folder.root));
    // The root is made last, and read first.
    for (const [digest, block] of [...folder.nodes].reverse()) await car.write(cidOf(DAG_PB, Buffer.from(digest, 'hex')), block);
    for (const [i, file] of files.entries()) {
      const dag = dags[i] as FileDag;
      for (const { cid, level, index } of dag.nodes()) await car.write(cid, dag.node({ level, index }));
      await writeLeaves(car, file, dag, layout, (bytes) => meter.set(file.path, bytes), signal);
      tell({ type: 'file', ...file });
    }
    await handle.sync();
    return { ...model, cid, files };
  } catch (error) {
    await rm(target, { force: true });
    throw signal.aborted ? error : diskError(error, target);
  } finally {
    await handle.close();
  }
}

class CarWriter {
  readonly #handle: FileHandle;
  readonly #written = new Set<string>();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(cid: CID, block: Uint8Array): Promise<void> {
    const digest = digestHex(cid);
    if (this.#written.has(digest)) return;
    this.#written.add(digest);
    await this.#handle.writeFile(Buffer.concat([sectionHead(cid, block.length), block]));
  }
}

async function writeLeaves(
  car: CarWriter,
  { path, sha256, size }: StoredFile,
  { leaves }: FileDag,
  layout: StoreLayout,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const damaged = (cause?: unknown) => storeError('STORE_DAMAGED', `${path} is damaged in the store`, { paths: path }, cause);
  const blob = await open(layout.blob(sha256), 'r').catch((error: unknown) => {
    throw damaged(error);
  });
  try {
    for (let leaf = 0; leaf < leafCount(size); leaf++) {
      signal.throwIfAborted();
      const block = Buffer.allocUnsafeSlow(leafBytes(size, leaf));
      await blob.read(block, 0, block.length, leaf * LEAF_BYTES);
      const digest = leaves.subarray(leaf * DIGEST_BYTES, (leaf + 1) * DIGEST_BYTES);
      if (Buffer.compare(sha256Of(block), digest) !== 0) throw damaged();
      await car.write(cidOf(RAW, digest), block);
      onBytes(leaf * LEAF_BYTES + block.length);
    }
  } finally {
    await blob.close();
  }
}
