import { type FileHandle, open } from 'node:fs/promises';
import { CID } from 'multiformats/cid';
import { digestHex, isOurs, sha256Of } from '../content/cid.ts';
import { DIGEST_BYTES } from '../content/leaf.ts';
import { diskError } from '../disk.ts';
import { storeError } from '../errors.ts';
import type { BlockRequest, BlockSource, Job } from '../swarm/ports.ts';
import { CID_BYTES, HEADER_BYTES, rootOf, sectionLength } from './format.ts';

/** Blocks that are looked for in one file: 256 GiB of leaves. */
export const CAR_BLOCKS_MAX = 1_048_576;
/** What IPFS passes on. */
const BLOCK_BYTES_MAX = 2 << 20;
const LENGTH_BYTES_MAX = 4;

interface Place {
  readonly at: number;
  readonly bytes: number;
}

const invalid = (file: string, why: string, cause?: unknown) =>
  storeError('STORE_CONTENT_INVALID', `${file} ${why}`, { path: file }, cause);

/** The blocks of a CAR file, where they lie; each is checked against its hash when it is read. */
export class CarBlocks implements BlockSource {
  readonly root: CID;
  readonly #file: string;
  readonly #places: ReadonlyMap<string, Place>;
  /** Digests of the leaves of files by their roots' digests. */
  readonly #leaves = new Map<string, Uint8Array>();

  private constructor(file: string, root: CID, places: ReadonlyMap<string, Place>) {
    this.#file = file;
    this.root = root;
    this.#places = places;
  }

  /** Reads where blocks lie, not the blocks. @throws STORE_CONTENT_INVALID, STORE_TOO_LARGE, STORE_UNUSABLE; the signal's reason */
  static async open(file: string, signal: AbortSignal): Promise<CarBlocks> {
    return withFile(file, async (handle) => {
      const { size } = await handle.stat();
      const root = rootOf(await readAt(handle, 0, HEADER_BYTES));
      if (root === undefined) throw invalid(file, 'is no CAR of version 1 with one root, a CIDv1 with SHA-256');
      return new CarBlocks(file, root, await findBlocks(handle, file, size, signal));
    });
  }

  /** Lets leaves of a file be asked for. @param file its root @param leaves digests, 32 bytes each */
  know(file: CID, leaves: Uint8Array): void {
    this.#leaves.set(digestHex(file), leaves);
  }

  /** @throws STORE_CONTENT_INVALID when a block is missing or has another hash; what a job throws; the signal's reason */
  async run(jobs: readonly Job[], signal: AbortSignal): Promise<void> {
    await withFile(this.#file, async (handle) => {
      for (const { request, receive } of jobs) {
        const digests = this.#digests(request)[Symbol.iterator]();
        await receive(async () => {
          signal.throwIfAborted();
          return [await this.#block(handle, digests.next().value as string)];
        });
      }
    });
  }

  #digests(request: BlockRequest): readonly string[] {
    if (request.kind === 'nodes') return request.digests;
    const leaves = Buffer.from(this.#leaves.get(request.file) ?? []);
    return Array.from({ length: request.count }, (_, i) => {
      const at = (request.first + i) * DIGEST_BYTES;
      return leaves.toString('hex', at, at + DIGEST_BYTES);
    });
  }

  async #block(handle: FileHandle, digest: string): Promise<Buffer> {
    const place = this.#places.get(digest);
    if (place === undefined) throw invalid(this.#file, 'lacks a block of its content');
    const block = await readAt(handle, place.at, place.bytes);
    if (Buffer.from(sha256Of(block)).toString('hex') === digest) return block;
    throw invalid(this.#file, 'has a block with another hash than its CID says');
  }
}

async function findBlocks(handle: FileHandle, file: string, size: number, signal: AbortSignal): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  for (let at = HEADER_BYTES; at < size; ) {
    signal.throwIfAborted();
    const head = await readAt(handle, at, Math.min(LENGTH_BYTES_MAX + CID_BYTES, size - at));
    const length = sectionLength(head);
    if (length === undefined || length.bytes > CID_BYTES + BLOCK_BYTES_MAX || at + length.headBytes + length.bytes > size)
      throw invalid(file, 'is cut, or has a block that is too long');
    const cid = ourCid(head.subarray(length.headBytes));
    const body = at + length.headBytes;
    // Blocks of other kinds may lie beside ours.
    if (cid !== undefined && length.bytes >= CID_BYTES)
      places.set(digestHex(cid), { at: body + CID_BYTES, bytes: length.bytes - CID_BYTES });
    if (places.size > CAR_BLOCKS_MAX)
      throw storeError('STORE_TOO_LARGE', `${file} has more than ${CAR_BLOCKS_MAX} blocks`, { path: file, blocksMax: CAR_BLOCKS_MAX });
    at = body + length.bytes;
  }
  return places;
}

function ourCid(bytes: Uint8Array): CID | undefined {
  try {
    const cid = CID.decode(bytes.subarray(0, CID_BYTES));
    return isOurs(cid) ? cid : undefined;
  } catch {
    return undefined;
  }
}

async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw diskError(error, file);
  });
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** @throws STORE_CONTENT_INVALID when the file ends before */
async function readAt(handle: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, at);
  if (bytesRead === bytes) return buffer;
  throw storeError('STORE_CONTENT_INVALID', 'the CAR file is cut');
}
