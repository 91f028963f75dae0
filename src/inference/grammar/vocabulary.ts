import { inferenceError } from '../errors.ts';
import type { Automaton, State } from './automaton.ts';
import type { TokenBytes } from './tokenBytes.ts';

/** Bit i of word i / 32: token i. */
export type TokenSet = Uint32Array;

/** Bytes that a grammar may ask for: those of JSON in UTF-8. */
const NEEDED: readonly (readonly [from: number, to: number])[] = [
  [0x20, 0x7e],
  [0x80, 0xbf],
  [0xc2, 0xf4],
];

/**
 * Tokens as a tree over their bytes, flat in the order of a walk: a node's subtree is what lies between it and its `skip`.
 */
export class Vocabulary {
  /** Tokens and end tokens lie below. */
  readonly size: number;
  readonly endIds: readonly number[];
  readonly #byte: Uint8Array;
  readonly #depth: Uint16Array;
  readonly #skip: Uint32Array;
  /** Tokens that end at node i: #tokens from #first[i] to #first[i + 1]. */
  readonly #first: Uint32Array;
  readonly #tokens: Uint32Array;
  readonly #depthMax: number;

  /** @param tokens that {@link requireSpelling} found enough */
  constructor(tokens: TokenBytes, endIds: ReadonlySet<number>) {
    this.endIds = [...endIds];
    this.size = Math.max(tokens.length, ...this.endIds.map((id) => id + 1));
    const ids = [...tokens.keys()].filter((id) => tokens[id] !== undefined && !endIds.has(id));
    const bytesOf = (id: number): Uint8Array => tokens[id] as Uint8Array;
    this.#tokens = Uint32Array.from(ids.sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)) || a - b));
    const nodesMax = ids.reduce((sum, id) => sum + bytesOf(id).length, 0);
    const byte = new Uint8Array(nodesMax);
    const depth = new Uint16Array(nodesMax);
    const skip = new Uint32Array(nodesMax);
    const first = new Uint32Array(nodesMax + 1);
    const open: number[] = [];
    let nodes = 0;
    let previous: Uint8Array = new Uint8Array();
    for (const [index, id] of this.#tokens.entries()) {
      const bytes = bytesOf(id);
      let common = 0;
      while (common < Math.min(bytes.length, previous.length) && bytes[common] === previous[common]) common++;
      for (const closed of open.splice(common)) skip[closed] = nodes;
      for (let i = common; i < bytes.length; i++) {
        byte[nodes] = bytes[i] as number;
        depth[nodes] = i;
        first[nodes] = index;
        open.push(nodes++);
      }
      previous = bytes;
    }
    for (const closed of open) skip[closed] = nodes;
    first[nodes] = this.#tokens.length;
    this.#byte = byte.slice(0, nodes);
    this.#depth = depth.slice(0, nodes);
    this.#skip = skip.slice(0, nodes);
    this.#first = first.slice(0, nodes + 1);
    this.#depthMax = this.#depth.reduce((max, at) => Math.max(max, at), 0);
  }

  /** Tokens whose bytes may follow a state; the end tokens where the value is complete. */
  allowed(automaton: Automaton, state: State): TokenSet {
    const set = new Uint32Array(Math.ceil(this.size / 32));
    const [bytes, depths, skips, first, tokens] = [this.#byte, this.#depth, this.#skip, this.#first, this.#tokens];
    const states = new Array<State>(this.#depthMax + 2).fill(state);
    for (let i = 0; i < bytes.length; ) {
      const depth = depths[i] as number;
      const byte = bytes[i] as number;
      const from = states[depth] as State;
      const next = from.next[byte] ?? automaton.step(from, byte);
      if (next.isDead) {
        i = skips[i] as number;
        continue;
      }
      states[depth + 1] = next;
      const end = first[i + 1] as number;
      for (let at = first[i] as number; at < end; at++) {
        const token = tokens[at] as number;
        set[token >>> 5] = (set[token >>> 5] as number) | (1 << (token & 31));
      }
      i++;
    }
    if (state.isComplete) for (const id of this.endIds) set[id >>> 5] = (set[id >>> 5] as number) | (1 << (id & 31));
    return set;
  }
}

/** @throws GRAMMAR_UNSUPPORTED when a byte that JSON may need has no token of its own, or nothing ends an answer */
export function requireSpelling(tokens: TokenBytes, endIds: ReadonlySet<number>): void {
  if (endIds.size === 0) throw inferenceError('GRAMMAR_UNSUPPORTED', 'the model has no token that ends an answer');
  const single = new Set<number>();
  for (const [id, bytes] of tokens.entries()) if (bytes?.length === 1 && !endIds.has(id)) single.add(bytes[0] as number);
  for (const [from, to] of NEEDED) {
    for (let byte = from; byte <= to; byte++) {
      if (single.has(byte)) continue;
      const name = `0x${byte.toString(16).padStart(2, '0')}`;
      throw inferenceError('GRAMMAR_UNSUPPORTED', `the model's vocabulary has no token for the byte ${name}`, { byte: name });
    }
  }
}
