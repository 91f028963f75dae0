import type { Clock } from '../util/clock.ts';
import type { Session, StepOutput } from './backend.ts';
import { DRAFT_TOKENS_MAX, PromptLookup } from './draft.ts';
import { inferenceError } from './errors.ts';
import type { Job } from './jobs.ts';
import { PrefixCache } from './prefixCache.ts';

export interface SchedulerInit {
  /** With `slots` + 1 + `prefixRows` rows: the one after the slots is scratch space for exchanging two rows, the rest keeps prompts. */
  readonly session: Session;
  readonly slots: number;
  readonly queueMax: number;
  readonly prefixRows: number;
  readonly prefillChunkTokens: number;
  readonly paceMsPerToken: number;
  /** Rows guess tokens ahead and check them in one pass. Not with a pace: its tokens come one by one. */
  readonly speculates: boolean;
  readonly clock: Clock;
  /** A job ended by an error: its own, or that of the forward pass it was in. */
  readonly onFailure: (job: Job, error: unknown) => void;
  /** A job has left because it was cancelled. */
  readonly onCancelled?: (job: Job) => void;
  /** Told between two steps. */
  readonly onStep?: () => void;
}

interface Seat {
  readonly job: Job;
  /** Tokens in the cache row. */
  past: number;
  /** What a decoding job feeds next. */
  next: number;
  /** Turn in which a filling job last had a chunk. */
  turn: number;
  /** Of a decoding job, when the scheduler speculates. */
  lookup?: PromptLookup;
}

/**
 * Continuous batching over the rows of one session. Rows 0…d−1 decode together, one token each a step, or several when a row's guess is right;
 * rows d…a−1 are being filled, one chunk of one row between two decode steps. Jobs join and leave between steps; rows are moved so that both ranges stay gapless. What a
 * job computes depends on its own tokens only: chunk borders follow from its length, and rows do not see each other.
 */
export class Scheduler {
  readonly #init: SchedulerInit;
  readonly #prefixes: PrefixCache;
  readonly #waiting: Job[] = [];
  /** Seated calls to drop before the next step: rows must not move while a pass is under way. */
  readonly #cancelled = new Set<number>();
  #decoding: Seat[] = [];
  #filling: Seat[] = [];
  #turn = 0;
  #decodeDueMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(init: SchedulerInit) {
    this.#init = init;
    const { session, slots, prefixRows, prefillChunkTokens } = init;
    this.#prefixes = new PrefixCache({ session, firstRow: slots + 1, rows: prefixRows, chunkTokens: prefillChunkTokens });
  }

  get active(): number {
    return this.#decoding.length + this.#filling.length;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** @throws ENGINE_QUEUE_FULL */
  submit(job: Job): void {
    const { slots, queueMax } = this.#init;
    const free = slots - this.active + this.#cancelled.size;
    if (this.#waiting.length >= queueMax + free) {
      throw inferenceError('ENGINE_QUEUE_FULL', `${this.active} of ${slots} slots busy, ${this.#waiting.length} of ${queueMax} waiting`, {
        slots,
        depth: this.#waiting.length,
        bound: queueMax,
      });
    }
    this.#waiting.push(job);
    this.#wake?.();
    this.#running ??= this.#loop();
  }

  /** Drops a job, which is told to `onCancelled`; its row is free before the next step. */
  cancel(call: number): void {
    const waiting = this.#waiting.findIndex((job) => job.call === call);
    if (waiting !== -1) for (const job of this.#waiting.splice(waiting, 1)) this.#init.onCancelled?.(job);
    else if ([...this.#decoding, ...this.#filling].some((seat) => seat.job.call === call)) this.#cancelled.add(call);
    this.#wake?.();
  }

  /** Drops all jobs and waits until no pass is under way. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    for (const seat of [...this.#decoding, ...this.#filling]) this.#cancelled.add(seat.job.call);
    this.#wake?.();
    await this.#running;
  }

  async #loop(): Promise<void> {
    for (;;) {
      // Messages (cancel, submit) are handled between two steps.
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.#init.onStep?.();
      this.#dropCancelled();
      this.#admit();
      if (this.active === 0) break;
      const decodeNow = this.#decoding.length > 0 && this.#init.clock.monotonic() >= this.#decodeDueMs;
      if (decodeNow) await this.#decodeStep();
      if (this.#filling.length > 0) await this.#fillStep();
      else if (!decodeNow) await this.#waitUntilDue();
    }
    this.#running = undefined;
  }

  #dropCancelled(): void {
    for (const seat of [...this.#decoding, ...this.#filling]) {
      if (!this.#cancelled.has(seat.job.call)) continue;
      this.#leave(seat);
      this.#init.onCancelled?.(seat.job);
    }
  }

  #admit(): void {
    while (this.active < this.#init.slots) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      const { cacheScope, tokens, wantedFrom } = job;
      const past = cacheScope === undefined ? 0 : this.#prefixes.restore(cacheScope, tokens, wantedFrom, this.active);
      if (past > 0) job.onReuse?.(past);
      this.#filling.push({ job, past, next: 0, turn: this.#turn++ });
    }
  }

  async #decodeStep(): Promise<void> {
    const { clock, paceMsPerToken } = this.#init;
    if (paceMsPerToken > 0) this.#decodeDueMs = clock.monotonic() + paceMsPerToken;
    const plain: Seat[] = [];
    const guessing = new Map<Seat, Uint32Array>();
    for (const seat of this.#decoding) {
      const draft = this.#draftOf(seat);
      if (draft.length === 0) plain.push(seat);
      else guessing.set(seat, draft);
    }
    if (plain.length > 0) await this.#stepTogether(plain);
    for (const [seat, draft] of guessing) if (this.#isSeated(seat)) await this.#stepAhead(seat, draft);
  }

  #draftOf({ lookup, past }: Seat): Uint32Array {
    return lookup?.propose(Math.min(DRAFT_TOKENS_MAX, this.#init.session.contextTokens - past - 1)) ?? new Uint32Array();
  }

  /** One token for each of some decoding rows, in one pass. Rows between them are computed too, and forgotten: their own pass comes. */
  async #stepTogether(wanted: readonly Seat[]): Promise<void> {
    const { session } = this.#init;
    const first = this.#decoding.indexOf(wanted[0] as Seat);
    const seats = this.#decoding.slice(first, this.#decoding.indexOf(wanted.at(-1) as Seat) + 1);
    const ids = Uint32Array.from(seats, (seat) => seat.next);
    const past = Uint32Array.from(seats, (seat) => seat.past);
    try {
      const output = await session.run({ first, count: seats.length, length: 1, ids, past, keep: 1 });
      for (const seat of wanted) seat.past++;
      for (const seat of wanted) this.#accept(seat, output, seats.indexOf(seat));
    } catch (error) {
      for (const seat of wanted) this.#fail(seat, error);
    }
  }

  /**
   * The next token and a guess of those after it in one pass: results are taken as long as they are what was guessed. What the cache holds of
   * the rest lies behind `past` and is written over.
   */
  async #stepAhead(seat: Seat, draft: Uint32Array): Promise<void> {
    const ids = Uint32Array.of(seat.next, ...draft);
    const first = this.#decoding.indexOf(seat);
    try {
      const output = await this.#init.session.run({
        first,
        count: 1,
        length: ids.length,
        ids,
        past: Uint32Array.of(seat.past),
        keep: ids.length,
      });
      let right = 0;
      for (;;) {
        seat.past++;
        if (!this.#accept(seat, output, right) || seat.next !== draft[right]) break;
        right++;
      }
      seat.lookup?.learn(draft.length, right);
    } catch (error) {
      this.#fail(seat, error);
    }
  }

  /** One chunk of the row that waited longest. */
  async #fillStep(): Promise<void> {
    const { session, prefillChunkTokens } = this.#init;
    const seat = this.#filling.reduce((oldest, other) => (other.turn < oldest.turn ? other : oldest));
    seat.turn = this.#turn++;
    const { tokens, wantedFrom, cacheScope } = seat.job;
    const end = Math.min(tokens.length, seat.past + prefillChunkTokens);
    const wanted = Math.max(0, end - Math.max(seat.past, wantedFrom));
    const keep = Math.max(1, wanted);
    const ids = tokens.subarray(seat.past, end);
    const first = this.#decoding.length + this.#filling.indexOf(seat);
    try {
      const output = await session.run({ first, count: 1, length: ids.length, ids, past: Uint32Array.of(seat.past), keep });
      seat.past = end;
      if (cacheScope !== undefined && end === tokens.length) this.#prefixes.keep(cacheScope, tokens, first);
      for (let i = 0; i < wanted && this.#isSeated(seat); i++) {
        if (this.#accept(seat, output, i, end < tokens.length || i + 1 < wanted)) this.#promote(seat);
      }
    } catch (error) {
      this.#fail(seat, error);
    }
  }

  /** Hands the results of a position to the job. True when it wants another step; a job that does not, leaves, unless `more` results follow. */
  #accept(seat: Seat, output: StepOutput, position: number, more = false): boolean {
    const { vocab, hidden } = this.#init.session.shape;
    const logits = output.logits.subarray(position * vocab, (position + 1) * vocab);
    try {
      const next = seat.job.accept({ logits, hidden: output.hidden.subarray(position * hidden, (position + 1) * hidden) });
      if (next !== undefined) {
        seat.next = next;
        seat.lookup?.push(next);
        return true;
      }
      if (!more) this.#leave(seat);
    } catch (error) {
      this.#fail(seat, error);
    }
    return false;
  }

  #fail(seat: Seat, error: unknown): void {
    if (!this.#isSeated(seat)) return;
    this.#leave(seat);
    this.#init.onFailure(seat.job, error);
  }

  #isSeated(seat: Seat): boolean {
    return this.#decoding.includes(seat) || this.#filling.includes(seat);
  }

  /** A filled row joins the decoding ones: it changes places with the first filling row. */
  #promote(seat: Seat): void {
    const border = this.#decoding.length;
    const index = this.#filling.indexOf(seat);
    const other = this.#filling[0] as Seat;
    if (other !== seat) {
      const { session, slots } = this.#init;
      session.copyRow(border, slots, other.past);
      session.copyRow(border + index, border, seat.past);
      session.copyRow(slots, border + index, other.past);
      this.#filling[index] = other;
    }
    this.#filling.shift();
    this.#decoding.push(seat);
    if (!this.#init.speculates || this.#init.paceMsPerToken > 0) return;
    seat.lookup = new PromptLookup(seat.job.tokens);
    seat.lookup.push(seat.next);
  }

  /** Frees a row; the last decoding and the last filling row close the gaps. */
  #leave(seat: Seat): void {
    const { session } = this.#init;
    this.#cancelled.delete(seat.job.call);
    const border = this.#decoding.length;
    const decoding = this.#decoding.indexOf(seat);
    if (decoding === -1) {
      const index = this.#filling.indexOf(seat);
      const last = this.#filling.pop() as Seat;
      if (last === seat) return;
      session.copyRow(border + this.#filling.length, border + index, last.past);
      this.#filling[index] = last;
      return;
    }
    const last = this.#decoding.pop() as Seat;
    if (last !== seat) {
      session.copyRow(border - 1, decoding, last.past);
      this.#decoding[decoding] = last;
    }
    const filling = this.#filling.pop();
    if (filling === undefined) return;
    session.copyRow(border + this.#filling.length, border - 1, filling.past);
    this.#filling.unshift(filling);
  }

  async #waitUntilDue(): Promise<void> {
    const { clock } = this.#init;
    const rest = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const sleep = clock.sleep(Math.max(0, this.#decodeDueMs - clock.monotonic()), rest.signal).catch(() => {});
    await Promise.race([sleep, woken]);
    this.#wake = undefined;
    rest.abort();
  }
}
