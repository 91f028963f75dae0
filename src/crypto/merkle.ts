/**
 * The output tree of a receipt: one leaf per emitted token, so that any single token can be opened against `outputRoot`.
 *
 *     leaf_i = keccak256(0x00 ‖ u32be i ‖ u32be token ‖ sketch)      sketch: 32 bytes, 8 little-endian f32
 *     node   = keccak256(0x01 ‖ left ‖ right)                        an odd node is promoted as it is
 *
 * The root of an empty output is 32 zero bytes. The 0x00/0x01 prefixes keep a node from being read as a leaf (RFC 6962 §2.1).
 */
import { keccak256 } from 'viem';
import type { Hex } from '../types/index.ts';

export const SKETCH_BYTES = 32;
export const EMPTY_ROOT: Hex = `0x${'00'.repeat(32)}`;

/** One sibling on the way up; `left` says on which side it stands. */
export interface ProofStep {
  readonly left: boolean;
  readonly hash: Hex;
}

function leafBytes(index: number, token: number, sketch: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(9 + SKETCH_BYTES);
  bytes.writeUInt32BE(index, 1);
  bytes.writeUInt32BE(token, 5);
  bytes.set(sketch, 9);
  return keccak256(bytes, 'bytes');
}

export function outputLeaf(index: number, token: number, sketch: Uint8Array): Hex {
  return hex(leafBytes(index, token, sketch));
}

function parent(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(65);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return keccak256(bytes, 'bytes');
}

const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;

/** A tree that grows token by token: the root of n tokens costs n leaves and at most n + log n nodes, whenever it is asked. */
export class OutputTree {
  #levels: Uint8Array[][] = [[]];

  get size(): number {
    return (this.#levels[0] as Uint8Array[]).length;
  }

  push(token: number, sketch: Uint8Array): void {
    let node = leafBytes(this.size, token, sketch);
    for (let level = 0; ; level++) {
      const nodes = this.#levels[level] ?? [];
      this.#levels[level] = nodes;
      nodes.push(node);
      if (nodes.length % 2 === 1) return;
      node = parent(nodes[nodes.length - 2] as Uint8Array, node);
    }
  }

  root(): Hex {
    const levels = this.#closed();
    const top = levels[levels.length - 1]?.[0];
    return top === undefined ? EMPTY_ROOT : hex(top);
  }

  /** Siblings from the leaf up. @throws RangeError when there is no such token. */
  proof(index: number): ProofStep[] {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) throw new RangeError(`the tree has no leaf ${index}`);
    const steps: ProofStep[] = [];
    let at = index;
    for (const nodes of this.#closed()) {
      const sibling = nodes[at ^ 1];
      if (sibling !== undefined) steps.push({ left: (at & 1) === 1, hash: hex(sibling) });
      at >>= 1;
    }
    return steps;
  }

  /** Every level with the promoted odd node at its end. */
  #closed(): Uint8Array[][] {
    const levels: Uint8Array[][] = [];
    let nodes = this.#levels[0] as Uint8Array[];
    for (let level = 0; nodes.length > 0; level++) {
      levels.push(nodes);
      if (nodes.length === 1) break;
      const complete = this.#levels[level + 1] ?? [];
      const next = complete.slice(0, nodes.length >> 1);
      // A promoted node below may have made one more pair than the eager levels hold.
      for (let i = next.length; i < nodes.length >> 1; i++) next.push(parent(nodes[2 * i] as Uint8Array, nodes[2 * i + 1] as Uint8Array));
      if (nodes.length % 2 === 1) next.push(nodes[nodes.length - 1] as Uint8Array);
      nodes = next;
    }
    return levels;
  }
}

/** Root over whole arrays. @throws RangeError when the counts differ. */
export function outputRoot(tokens: ArrayLike<number>, sketches: readonly Uint8Array[]): Hex {
  if (tokens.length !== sketches.length) throw new RangeError(`${tokens.length} tokens but ${sketches.length} sketches`);
  const tree = new OutputTree();
  for (let i = 0; i < tokens.length; i++) tree.push(tokens[i] as number, sketches[i] as Uint8Array);
  return tree.root();
}

/** Whether token `index` of an output of `size` tokens is under `root`. The sides are derived from index and size, never trusted from the proof. */
export function verifyOutputProof(
  root: Hex,
  size: number,
  index: number,
  token: number,
  sketch: Uint8Array,
  proof: readonly ProofStep[],
): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= size || sketch.length !== SKETCH_BYTES) return false;
  let node = leafBytes(index, token, sketch);
  let step = 0;
  for (let at = index, width = size; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if ((at ^ 1) >= width) continue;
    const sibling = proof[step++];
    if (sibling === undefined || sibling.left !== ((at & 1) === 1)) return false;
    const other = Buffer.from(sibling.hash.slice(2), 'hex');
    if (other.length !== 32) return false;
    node = sibling.left ? parent(other, node) : parent(node, other);
  }
  return step === proof.length && hex(node) === root.toLowerCase();
}
