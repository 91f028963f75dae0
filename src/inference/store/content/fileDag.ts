import { encode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { cidOf, DAG_PB, RAW, sha256Of } from './cid.ts';
import { DIGEST_BYTES, LEAF_BYTES } from './leaf.ts';

/** Links of a node of a file, as in `ipfs add`. */
export const LINKS_MAX = 174;

/** Nodes made before others get a turn. */
const NODES_A_TURN = 32;

export const leafCount = (size: number): number => Math.max(1, Math.ceil(size / LEAF_BYTES));

/** Bytes of leaf `index` of a file of `size` bytes. */
export const leafBytes = (size: number, index: number): number => Math.min(LEAF_BYTES, size - index * LEAF_BYTES);

/** How a file of one size is laid out: balanced, all leaves equally deep. Level 0 is the leaves, the last one holds the root alone. */
export function shapeOf(size: number): readonly number[] {
  const counts = [leafCount(size)];
  for (let count = counts[0] as number; count > 1; counts.push(count)) count = Math.ceil(count / LINKS_MAX);
  return counts;
}

/** File bytes below block `index` of `level`. */
export function spanOf(size: number, level: number, index: number): number {
  const span = LEAF_BYTES * LINKS_MAX ** level;
  return Math.min(span, size - index * span);
}

/** Where a node stands in its file. */
export interface NodePlace {
  readonly level: number;
  readonly index: number;
}

interface Level {
  /** 32 bytes each. */
  readonly digests: Uint8Array;
  /** Bytes of each block with all below it. */
  readonly tsizes: Float64Array;
}

/**
 * The UnixFS DAG of one file, by the SHA-256 of its leaves: raw leaves of {@link LEAF_BYTES}, balanced, {@link LINKS_MAX} links a node, CIDv1.
 * The same as `ipfs add --cid-version=1 --raw-leaves` makes. Nodes are encoded again when they are asked for.
 */
export class FileDag {
  readonly size: number;
  readonly #levels: Level[];

  private constructor(size: number, leaves: Uint8Array) {
    this.size = size;
    if (leaves.length !== leafCount(size) * DIGEST_BYTES) throw new RangeError(`${leaves.length} bytes of digests for ${size} bytes`);
    this.#levels = [{ digests: leaves, tsizes: Float64Array.from({ length: leafCount(size) }, (_, i) => leafBytes(size, i)) }];
  }

  /** @param leaves digests, 32 bytes each, in the file's order */
  static of(size: number, leaves: Uint8Array): FileDag {
    const dag = new FileDag(size, leaves);
    for (const _ of dag.#build());
    return dag;
  }

  /** The same in many short turns: a file of 7 GiB takes a third of a second. */
  static async inTurns(size: number, leaves: Uint8Array): Promise<FileDag> {
    const dag = new FileDag(size, leaves);
    for (const built of dag.#build()) if (built % NODES_A_TURN === 0) await new Promise(setImmediate);
    return dag;
  }

  /** Yields how many nodes there are. */
  *#build(): Generator<number> {
    const shape = shapeOf(this.size);
    let built = 0;
    for (let level = 1; level < shape.length; level++) {
      const count = shape[level] as number;
      const above = { digests: new Uint8Array(count * DIGEST_BYTES), tsizes: new Float64Array(count) };
      for (let index = 0; index < count; index++) {
        const node = this.node({ level, index });
        above.digests.set(sha256Of(node), index * DIGEST_BYTES);
        above.tsizes[index] = node.length + this.#children(level, index).reduce((sum, child) => sum + child.tsize, 0);
        yield ++built;
      }
      this.#levels.push(above);
    }
  }

  get root(): CID {
    return this.#cid(this.#levels.length - 1, 0);
  }

  /** Bytes of all blocks together. */
  get tsize(): number {
    return this.#levels.at(-1)?.tsizes[0] as number;
  }

  /** Digests of the leaves, 32 bytes each. */
  get leaves(): Uint8Array {
    return this.#levels[0]?.digests as Uint8Array;
  }

  /** All nodes above the leaves; none for a file of one leaf. */
  *nodes(): Generator<{ readonly cid: CID } & NodePlace> {
    for (let level = 1; level < this.#levels.length; level++)
      for (let index = 0; index * DIGEST_BYTES < (this.#levels[level]?.digests.length ?? 0); index++)
        yield { cid: this.#cid(level, index), level, index };
  }

  /** A node's block. */
  node({ level, index }: NodePlace): Uint8Array {
    const children = this.#children(level, index);
    const blockSizes = children.map((child) => BigInt(child.bytes));
    const data = new UnixFS({ type: 'file', blockSizes }).marshal();
    return encode({ Data: data, Links: children.map(({ cid, tsize }) => ({ Name: '', Hash: cid, Tsize: tsize })) });
  }

  #children(level: number, index: number): { cid: CID; tsize: number; bytes: number }[] {
    const below = this.#levels[level - 1] as Level;
    const first = index * LINKS_MAX;
    const count = Math.min(LINKS_MAX, below.tsizes.length - first);
    return Array.from({ length: count }, (_, at) => ({
      cid: this.#cid(level - 1, first + at),
      tsize: below.tsizes[first + at] as number,
      bytes: spanOf(this.size, level - 1, first + at),
    }));
  }

  #cid(level: number, index: number): CID {
    const digest = this.#levels[level]?.digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES) as Uint8Array;
    return cidOf(level === 0 ? RAW : DAG_PB, digest);
  }
}
