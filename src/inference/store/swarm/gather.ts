import type { CID } from 'multiformats/cid';
import { digestHex, sha256OfParts } from '../content/cid.ts';
import { leafBytes, leafCount } from '../content/fileDag.ts';
import { DIGEST_BYTES, LEAF_BYTES } from '../content/leaf.ts';
import type { Got } from '../download.ts';
import { storeError } from '../errors.ts';
import { FileHasher } from '../hasher.ts';
import type { Partial } from '../partial.ts';
import { type BlockSource, blockLength, type Job } from './ports.ts';

/** Leaves of one job: 4 MiB, the unit that survives a kill. */
export const LEAVES_PER_JOB = 16;
const CHUNK_BYTES = LEAVES_PER_JOB * LEAF_BYTES;

/** A file that other nodes or a CAR file have. */
export interface PeerFile {
  /** In the model's folder. */
  readonly path: string;
  readonly size: number;
  readonly cid: CID;
  /** SHA-256 of its leaves, 32 bytes each. */
  readonly leaves: Uint8Array;
  /** Of the whole, when the store has it already: lower-case hex. */
  readonly sha256?: string | undefined;
  readonly swarm: BlockSource;
}

/**
 * Fetches a file from the swarm into its partial folder, going on with what an earlier try left. A leaf is written once its hash is right.
 *
 * @throws what `BlockSource.run` throws, STORE_HASH_MISMATCH when the disk did not keep what was written, STORE_DISK_FULL, STORE_UNUSABLE; the signal's
 * reason
 */
export async function gather(file: PeerFile, partial: Partial, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<Got> {
  const { size, path, swarm } = file;
  const left = await partial.survey();
  const same = left?.header.size === size && left.header.chunkBytes === CHUNK_BYTES;
  const finished = new Set(same ? left.chunks : []);
  const chunks = Math.ceil(size / CHUNK_BYTES);
  const bytesOf = (chunk: number): number => Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
  const resumed = finished.size > 0;
  // What an earlier try left was checked then; whether the disk kept it shows at the end.
  const hasher = new FileHasher(partial.dataPath, { leaves: resumed });
  let here = [...finished].reduce((sum, chunk) => sum + bytesOf(chunk), 0);
  let frontier = 0;
  const advance = (): void => {
    while (finished.has(frontier)) frontier++;
    hasher.advance(Math.min(frontier * CHUNK_BYTES, size));
    onBytes(here);
  };
  try {
    if (size === 0) await partial.data.truncate(0);
    else await partial.begin({ size, chunkBytes: CHUNK_BYTES }, [...finished]);
    advance();
    const jobs = Array.from({ length: chunks }, (_, chunk) => chunk)
      .filter((chunk) => !finished.has(chunk))
      .map((chunk) =>
        chunkJob(file, chunk, partial, async () => {
          finished.add(chunk);
          here += bytesOf(chunk);
          await partial.finished(chunk);
          advance();
        }),
      );
    await swarm.run(jobs, signal);
    const [digests] = await Promise.all([hasher.finish(size), partial.sync()]);
    signal.throwIfAborted();
    if (resumed && Buffer.compare(digests.leaves, file.leaves) !== 0)
      throw storeError('STORE_HASH_MISMATCH', `${path} on the disk is not what was written there before`, { path });
    return { size, sha256: digests.sha256, leaves: file.leaves };
  } finally {
    await hasher.close();
  }
}

function chunkJob({ cid, size, leaves }: PeerFile, chunk: number, partial: Partial, done: () => Promise<void>): Job {
  const first = chunk * LEAVES_PER_JOB;
  const count = Math.min(LEAVES_PER_JOB, leafCount(size) - first);
  return {
    request: { kind: 'leaves', file: digestHex(cid), first, count },
    bytes: Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES),
    async receive(next) {
      for (let leaf = first; leaf < first + count; leaf++) {
        const block = await next();
        const due = leaves.subarray(leaf * DIGEST_BYTES, (leaf + 1) * DIGEST_BYTES);
        if (Buffer.compare(sha256OfParts(block), due) !== 0)
          throw storeError('STORE_BLOCK_WRONG', 'a leaf has another hash than it should');
        // Not the peer's fault: the folder that was asked for promises another length.
        if (blockLength(block) !== leafBytes(size, leaf))
          throw storeError('STORE_CONTENT_INVALID', 'the content has a leaf of another length');
        await partial.writeParts(block, leaf * LEAF_BYTES);
      }
      await done();
    },
  };
}
