import { createHash, type Hash, hash } from 'node:crypto';
import { DIGEST_BYTES, LEAF_BYTES } from './leaf.ts';

/** What a file's bytes hash to. */
export interface Digests {
  /** Of the whole, lower-case hex: the name of its blob. */
  readonly sha256: string;
  /** Of each leaf, 32 bytes each; empty when they were not wanted. */
  readonly leaves: Uint8Array;
}

/** Hashes a file and, if they are wanted, its leaves in one pass. */
export class ContentHash {
  readonly #whole = createHash('sha256');
  readonly #leaves: Uint8Array[] = [];
  readonly #wanted: boolean;
  /** Of a leaf that came in part. */
  #leaf: Hash | undefined;
  #held = 0;

  constructor(leaves: boolean) {
    this.#wanted = leaves;
  }

  update(bytes: Uint8Array): void {
    this.#whole.update(bytes);
    if (!this.#wanted) return;
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + LEAF_BYTES - this.#held);
      at += part.length;
      if (part.length === LEAF_BYTES) this.#leaves.push(hash('sha256', part, 'buffer'));
      else this.#add(part);
    }
  }

  finish(): Digests {
    if (this.#wanted && (this.#leaf !== undefined || this.#leaves.length === 0))
      this.#leaves.push((this.#leaf ?? createHash('sha256')).digest());
    const leaves = new Uint8Array(this.#leaves.length * DIGEST_BYTES);
    for (const [index, digest] of this.#leaves.entries()) leaves.set(digest, index * DIGEST_BYTES);
    return { sha256: this.#whole.digest('hex'), leaves };
  }

  #add(part: Uint8Array): void {
    this.#leaf ??= createHash('sha256');
    this.#leaf.update(part);
    this.#held += part.length;
    if (this.#held < LEAF_BYTES) return;
    this.#leaves.push(this.#leaf.digest());
    this.#leaf = undefined;
    this.#held = 0;
  }
}
