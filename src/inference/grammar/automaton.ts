import { inferenceError } from '../errors.ts';
import { GRAMMAR_NESTING_MAX, GRAMMAR_STATES_KEPT, GRAMMAR_THREADS_MAX } from './limits.ts';
import type { Program, Rule } from './program.ts';

/** One way through the program: where it is, and where the rules that it is in go on. Equal ones are one object. */
export interface Thread {
  readonly id: number;
  readonly node: number;
  /** Of the rule that it is in. */
  readonly count: number;
  /** Arrays and objects that are open. */
  readonly nesting: number;
  readonly caller: Thread | undefined;
}

/** All ways that the bytes so far allow. */
export interface State {
  /** Each at a node that reads. */
  readonly threads: readonly Thread[];
  /** The bytes so far are a whole value. */
  readonly isComplete: boolean;
  /** No value begins with the bytes so far. */
  readonly isDead: boolean;
  /** By byte, as far as they were asked for. */
  readonly next: (State | undefined)[];
  /** Of {@link Automaton}: a state of an earlier one must not hold on to newer ones. */
  readonly generation: number;
}

/**
 * Runs a program over bytes: a pushdown automaton, whose states are made when they are reached and remembered. It never comes to a dead end: a
 * state that is not dead can be completed.
 */
export class Automaton {
  readonly #program: Program;
  readonly #threads = new Map<string, Thread>();
  readonly #states = new Map<string, State>();
  #threadIds = 0;
  #generation = 0;
  #start: State;

  constructor(program: Program) {
    this.#program = program;
    this.#start = this.#begin();
  }

  get start(): State {
    return this.#start;
  }

  /** @throws GRAMMAR_TOO_LARGE when more ways than GRAMMAR_THREADS_MAX go on side by side */
  step(state: State, byte: number): State {
    const known = state.next[byte];
    if (known !== undefined) return known;
    const reached: Thread[] = [];
    // The bytes around this one that lead to the same state.
    let [low, high] = [0, 0xff];
    for (const thread of state.threads) {
      const node = this.#program.nodes[thread.node];
      if (node?.kind !== 'bytes') continue;
      for (const { from, to, next } of node.ranges) {
        if (to < byte) low = Math.max(low, to + 1);
        else if (from > byte) high = Math.min(high, from - 1);
        else {
          [low, high] = [Math.max(low, from), Math.min(high, to)];
          this.#reach({ ...thread, node: next }, reached);
        }
      }
    }
    const result = this.#settle(reached);
    if (state.generation === this.#generation) state.next.fill(result, low, high + 1);
    return result;
  }

  #begin(): State {
    const reached: Thread[] = [];
    this.#reach({ node: this.#program.start, count: 0, nesting: 0, caller: undefined }, reached);
    return this.#settle(reached);
  }

  /** The thread at its new node, if a value can be completed from there. */
  #reach({ node, count, nesting, caller }: Omit<Thread, 'id'>, into: Thread[]): void {
    if ((this.#program.depths[node] as number) + nesting > GRAMMAR_NESTING_MAX) return;
    const key = `${node} ${count} ${nesting} ${caller?.id ?? ''}`;
    const thread = this.#threads.get(key) ?? { id: this.#threadIds++, node, count, nesting, caller };
    this.#threads.set(key, thread);
    into.push(thread);
  }

  /** Follows all ways that read nothing. */
  #settle(reached: Thread[]): State {
    const seen = new Set<Thread>();
    const threads: Thread[] = [];
    let isComplete = false;
    for (let thread = reached.pop(); thread !== undefined; thread = reached.pop()) {
      if (seen.has(thread)) continue;
      seen.add(thread);
      const node = this.#program.nodes[thread.node];
      switch (node?.kind) {
        case 'bytes':
          threads.push(thread);
          break;
        case 'any':
          for (const next of node.of) this.#reach({ ...thread, node: next }, reached);
          break;
        case 'call': {
          const { start, nested } = this.#program.rules[node.rule] as Rule;
          const frames: Thread[] = [];
          this.#reach({ ...thread, node: node.next }, frames);
          const [caller] = frames;
          if (caller !== undefined) this.#reach({ node: start, count: 0, nesting: thread.nesting + Number(nested), caller }, reached);
          break;
        }
        case 'count':
          if (thread.count < node.max) this.#reach({ ...thread, node: node.next, count: Math.min(thread.count + 1, node.cap) }, reached);
          break;
        case 'atLeast':
          if (thread.count >= node.min) this.#reach({ ...thread, node: node.next }, reached);
          break;
        case 'return':
          if (thread.caller === undefined) isComplete = true;
          else reached.push(thread.caller);
      }
    }
    if (threads.length > GRAMMAR_THREADS_MAX) {
      const message = `the schema leaves more than ${GRAMMAR_THREADS_MAX} ways open side by side`;
      throw inferenceError('GRAMMAR_TOO_LARGE', message, { bound: GRAMMAR_THREADS_MAX });
    }
    return this.#intern(threads, isComplete);
  }

  #intern(threads: Thread[], isComplete: boolean): State {
    const ids = threads.map(({ id }) => id).sort((a, b) => a - b);
    const key = `${ids.join(' ')}${isComplete ? ' .' : ''}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= GRAMMAR_STATES_KEPT) this.#forget();
    const isDead = threads.length === 0 && !isComplete;
    const next = new Array<State | undefined>(256).fill(undefined);
    const state: State = { threads, isComplete, isDead, next, generation: this.#generation };
    this.#states.set(key, state);
    return state;
  }

  #forget(): void {
    this.#generation++;
    this.#states.clear();
    this.#threads.clear();
    this.#start = this.#begin();
  }
}
