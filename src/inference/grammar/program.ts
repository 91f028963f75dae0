import { inferenceError } from '../errors.ts';
import { GRAMMAR_NESTING_MAX, GRAMMAR_NODES_MAX } from './limits.ts';

/** Bytes `from`–`to` lead to node `next`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
  readonly next: number;
}

/** A node of the automaton. Only `bytes` reads; the others are ways on without reading. */
export type Node =
  | { readonly kind: 'bytes'; readonly ranges: readonly ByteRange[] }
  | { readonly kind: 'any'; readonly of: readonly number[] }
  /** Goes through a rule, then on to `next`. */
  | { readonly kind: 'call'; readonly rule: number; readonly next: number }
  /** Open while the frame's count is below `max`; counts one more, up to `cap`. */
  | { readonly kind: 'count'; readonly max: number; readonly cap: number; readonly next: number }
  /** Open once the frame has counted `min`. */
  | { readonly kind: 'atLeast'; readonly min: number; readonly next: number }
  | { readonly kind: 'return' };

export interface Rule {
  readonly start: number;
  /** Whether it is an array or object: these count as nesting. */
  readonly nested: boolean;
}

export interface Program {
  readonly nodes: readonly Node[];
  readonly rules: readonly Rule[];
  /** Where a value begins. */
  readonly start: number;
  /** How much deeper the shallowest way from a node to the end of its rule nests; infinite where there is none. */
  readonly depths: readonly number[];
}

/** Node 0 of every program. */
export const RETURN = 0;

/** Builds a program from its end: every fragment is made with the node that follows it. */
export class ProgramBuilder {
  readonly #nodes: Node[] = [{ kind: 'return' }];
  readonly #rules: Rule[] = [];
  readonly #bodies: [rule: number, body: () => number][] = [];

  /** @throws GRAMMAR_TOO_LARGE */
  add(node: Node): number {
    if (this.#nodes.length >= GRAMMAR_NODES_MAX) {
      throw inferenceError('GRAMMAR_TOO_LARGE', `the grammar needs more than ${GRAMMAR_NODES_MAX} nodes`, { bound: GRAMMAR_NODES_MAX });
    }
    return this.#nodes.push(node) - 1;
  }

  bytes(...ranges: ByteRange[]): number {
    return this.add({ kind: 'bytes', ranges });
  }

  byte(byte: number, next: number): number {
    return this.bytes({ from: byte, to: byte, next });
  }

  any(...of: number[]): number {
    return of.length === 1 ? (of[0] as number) : this.add({ kind: 'any', of });
  }

  /** A text in UTF-8, as it is. */
  text(text: string, next: number): number {
    return Buffer.from(text, 'utf8').reduceRight((following, byte) => this.byte(byte, following), next);
  }

  /** A node that other ones can lead to before they say what it does: `make` gets its number. */
  loop(make: (self: number) => Node): number {
    const self = this.add({ kind: 'any', of: [] });
    this.#nodes[self] = make(self);
    return self;
  }

  /** A rule whose body is built later, so that it may call itself. @param body gives the node it starts at; it ends at {@link RETURN} */
  rule(nested: boolean, body: () => number): number {
    const rule = this.#rules.push({ start: RETURN, nested }) - 1;
    this.#bodies.push([rule, body]);
    return rule;
  }

  call(rule: number, next: number): number {
    return this.add({ kind: 'call', rule, next });
  }

  /** Builds the bodies of all rules so far. */
  buildRules(): void {
    for (let next = this.#bodies.pop(); next !== undefined; next = this.#bodies.pop()) {
      const [rule, body] = next;
      this.#rules[rule] = { ...(this.#rules[rule] as Rule), start: body() };
    }
  }

  /** @throws GRAMMAR_INVALID when no value can ever be complete */
  finish(start: number): Program {
    this.buildRules();
    const program = { nodes: this.#nodes, rules: this.#rules, start, depths: depthsOf(this.#nodes, this.#rules) };
    if ((program.depths[start] as number) > GRAMMAR_NESTING_MAX) {
      throw inferenceError('GRAMMAR_INVALID', `no value of at most ${GRAMMAR_NESTING_MAX} levels fits the schema`);
    }
    return program;
  }
}

/** The least fixed point, from infinity downwards. Followers are older than what leads to them, loops and rules apart, so few rounds do. */
function depthsOf(nodes: readonly Node[], rules: readonly Rule[]): number[] {
  const depths = nodes.map(() => Number.POSITIVE_INFINITY);
  const at = (node: number): number => depths[node] as number;
  const least = (of: readonly number[]): number => of.reduce((min, node) => Math.min(min, at(node)), Number.POSITIVE_INFINITY);
  const depthOf = (node: Node): number => {
    switch (node.kind) {
      case 'return':
        return 0;
      case 'bytes':
        return least(node.ranges.map(({ next }) => next));
      case 'any':
        return least(node.of);
      case 'call': {
        const { start, nested } = rules[node.rule] as Rule;
        return Math.max(at(start) + Number(nested), at(node.next));
      }
      default:
        return at(node.next);
    }
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const [i, node] of nodes.entries()) {
      const depth = depthOf(node);
      if (depth >= at(i)) continue;
      depths[i] = depth;
      changed = true;
    }
  }
  return depths;
}
