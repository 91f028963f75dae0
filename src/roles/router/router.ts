import { hashStatement, signStatement } from '../../crypto/eip712.ts';
import { promptCommit, samplingHash, taskIdOf } from '../../crypto/ids.ts';
import { ToolStream } from '../../inference/tools/stream.ts';
import type { Channel } from '../../protocols/channel.ts';
import type { InferDown, InferUp } from '../../protocols/infer/messages.ts';
import { inferStream } from '../../protocols/infer/stream.ts';
import { taskTopic } from '../../protocols/task/topic.ts';
import { BILLABLE_MS } from '../../settlement/billable.ts';
import { billOf, type Hex, type Sampling, type SessionId, type TaskId, type Wei } from '../../types/index.ts';
import { BoundedMap } from '../../util/boundedMap.ts';
import { withDeadline } from '../../util/deadline.ts';
import { toCoded, utilError } from '../../util/errors.ts';
import { type Admission, Gate } from './admission.ts';
import type { CatalogModel } from './catalog.ts';
import { readAnswer, worthRetrying } from './dispatch.ts';
import { routerError } from './errors.ts';
import { withHeldCalls } from './heldCalls.ts';
import type { Router, RouterComponents } from './index.ts';
import { interleave } from './interleave.ts';
import { type FinishedTask, openRouterLedger, type RouterLedger } from './ledger.ts';
import { contentLogprobs } from './logprobs.ts';
import type { RouterOptions } from './options.ts';
import { samplingOf } from './sampling.ts';
import { type Candidate, rankMiners } from './selection.ts';
import type { CompletionEvent, CompletionRequest, CompletionResult, RoutableModel } from './service.ts';
import { TextStream } from './textStream.ts';
import { WarmStreams } from './warmStreams.ts';

/** One admitted request on its way. */
interface Job {
  readonly request: CompletionRequest;
  readonly model: CatalogModel;
  readonly promptIds: Uint32Array;
  readonly promptSalt: Hex;
  readonly sampling: Sampling;
  readonly admission: Admission;
  readonly task: TaskId;
  readonly deadline: number;
}

const MINERS_TRACKED_MAX = 4_096;
/** How long a miner may take to send the receipt after the worst case of every token wait; bounds the task's life. */
const TASK_LIFETIME_MS = 600_000;
/** When a task that was never billed cannot be any more: guards attest until its deadline and BILLABLE_MS; an hour for clocks. */
const RELEASE_MS = TASK_LIFETIME_MS + BILLABLE_MS + 3_600_000;
const RELEASE_EVERY_MS = 60_000;

export class RouterRole implements Router {
  readonly #c: RouterComponents;
  readonly #options: RouterOptions;
  readonly #ledger: RouterLedger;
  readonly #gate: Gate;
  readonly #stop = new AbortController();
  readonly #warm: WarmStreams;
  readonly #running = new Set<Promise<void>>();
  /** Tasks given to a miner since the heartbeat with this measurement time. */
  readonly #unseen = new BoundedMap<string, { since: number; count: number }>(MINERS_TRACKED_MAX);
  readonly #failures = new BoundedMap<string, number>(MINERS_TRACKED_MAX);
  readonly #counters = { completions: 0, failed: 0, cancelled: 0, inFlight: 0, retries: 0 };
  readonly #undo: (() => void)[] = [];
  #closing = false;
  #nonce = 0;

  constructor(components: RouterComponents, options: RouterOptions) {
    this.#c = components;
    this.#options = options;
    this.#warm = new WarmStreams((peerId, signal) => components.network.open(inferStream, peerId, signal));
    this.#ledger = openRouterLedger(components.db);
    this.#gate = new Gate({ ...components, ledger: this.#ledger, operator: components.account.address });
    const { verdicts, book } = components;
    this.#reconcile();
    this.#undo.push(
      verdicts.onVerdict(({ task, verdict }) => {
        if (verdict !== 'VALID') this.#ledger.refund(task);
      }),
      // This node's own count may differ from the guards': what the chain took is promised again.
      book.onBilled((tasks) => this.#ledger.billed(tasks)),
    );
    void this.#releaseDue();
  }

  /** Takes in what was decided and billed while this router was down. */
  #reconcile(): void {
    const { verdicts, book } = this.#c;
    const unbilled = this.#ledger.unbilled();
    this.#ledger.billed(unbilled.filter((task) => book.isBilled(task)));
    for (const task of unbilled) if (!['OPEN', 'VALID'].includes(verdicts.tally(task))) this.#ledger.refund(task);
  }

  /** A promise must not bind a deposit for ever because a verdict never came. */
  async #releaseDue(): Promise<void> {
    const { clock, log } = this.#c;
    try {
      for (;;) {
        const tasks = this.#ledger.release(clock.now() - RELEASE_MS);
        if (tasks > 0) log.info({ tasks }, 'tasks that were never settled are not promised any more');
        await clock.sleep(RELEASE_EVERY_MS, this.#stop.signal);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) log.error({ code: toCoded(error).code }, 'promises are not released any more');
    }
  }

  models(): readonly RoutableModel[] {
    return this.#c.catalog.all().map((model) => {
      const candidates = this.#candidates(model);
      const cheapest = candidates.map((c) => c.price).sort((a, b) => Number(a.prompt + a.completion - b.prompt - b.completion))[0];
      return {
        id: model.name,
        modelId: model.id,
        contextTokens: model.contextTokens,
        miners: candidates.length,
        price: cheapest,
        tools: model.tokenizer.toolFormat !== undefined,
      };
    });
  }

  promised(session: SessionId): Wei {
    return this.#ledger.promised(session, this.#c.sessions.get(session)?.settled ?? 0n) + this.#gate.reserved(session);
  }

  task(task: TaskId): FinishedTask | undefined {
    return this.#ledger.task(task);
  }

  counters(): Record<string, number> {
    return { ...this.#counters };
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const off of this.#undo) off();
    this.#warm.close();
    const drained = Promise.allSettled([...this.#running]);
    const grace = this.#c.clock.sleep(graceMs, this.#stop.signal).catch(() => {});
    await Promise.race([drained, grace]);
    this.#stop.abort(utilError('STOPPING', 'this router is stopping'));
    await drained;
  }

  async *complete(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, readonly CompletionResult[], void> {
    const choices = request.choices ?? 1;
    if (this.#closing) throw utilError('STOPPING', 'this router is stopping');
    if (this.#counters.inFlight + choices > this.#options.maxInFlight) {
      throw routerError('ROUTER_BUSY', `${this.#counters.inFlight} completions are in flight, the bound is ${this.#options.maxInFlight}`);
    }
    const done = Promise.withResolvers<void>();
    this.#running.add(done.promise);
    this.#counters.inFlight += choices;
    const cancel = new AbortController();
    const onAbort = (): void => cancel.abort(signal.reason);
    const onStop = (): void => cancel.abort(this.#stop.signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#stop.signal.addEventListener('abort', onStop, { once: true });
    let outcome: 'completions' | 'failed' | 'cancelled' = 'cancelled';
    try {
      signal.throwIfAborted();
      const results = yield* this.#run(request, choices, cancel.signal);
      outcome = 'completions';
      return results;
    } catch (error) {
      outcome = signal.aborted ? 'cancelled' : 'failed';
      throw error;
    } finally {
      // A consumer that leaves the loop lands here as well: the stream to the miner is reset by then.
      cancel.abort(utilError('CANCELLED', 'the completion is over'));
      signal.removeEventListener('abort', onAbort);
      this.#stop.signal.removeEventListener('abort', onStop);
      this.#counters[outcome] += choices;
      this.#counters.inFlight -= choices;
      this.#running.delete(done.promise);
      done.resolve();
    }
  }

  async *#run(
    given: CompletionRequest,
    choices: number,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, readonly CompletionResult[], void> {
    const model = this.#c.catalog.find(given.model);
    if (model === undefined) throw routerError('MODEL_NOT_SERVED', `this router knows no model ${given.model}`, { model: given.model });
    const request = withHeldCalls(given, model.tokenizer.toolFormat);
    // A miner refuses what it cannot hold; nothing is reserved for it.
    if (request.grammar !== undefined) model.grammars.check(request.grammar);
    const promptIds = model.tokenizer.encodeChat(request.messages, request.tools);
    const room = model.contextTokens - promptIds.length;
    if (room < (request.maxTokens ?? 1)) {
      throw routerError(
        'PROMPT_EXCEEDS_CONTEXT',
        `the prompt has ${promptIds.length} tokens and ${request.maxTokens ?? 1} are wanted; ${model.name} holds ${model.contextTokens}`,
        { promptTokens: promptIds.length, contextTokens: model.contextTokens },
      );
    }
    const admissions = await this.#gate.admit(
      {
        apiKey: request.apiKey,
        model: model.id,
        promptTokens: promptIds.length,
        maxTokens: request.maxTokens === undefined ? undefined : Math.min(request.maxTokens, this.#options.completionTokensMax),
        maxTokensBound: Math.min(room, this.#options.completionTokensMax),
        choices,
      },
      signal,
    );
    try {
      const jobs = admissions.map((admission, choice) => this.#job(request, model, promptIds, admission, choice));
      const [only] = jobs;
      return only !== undefined && choices === 1 ? [yield* this.#answer(only, signal)] : yield* this.#answerAll(jobs, signal);
    } finally {
      for (const admission of admissions) admission.release();
    }
  }

  async *#answer(job: Job, signal: AbortSignal): AsyncGenerator<CompletionEvent, CompletionResult, void> {
    try {
      // While the stream to the miner opens: signing and sending the offer must not stand before the first token.
      setImmediate(() => this.#announce(job));
      return yield* this.#tryMiners(job, signal);
    } finally {
      job.admission.release();
    }
  }

  /** All choices side by side; one that fails takes the others with it. */
  async *#answerAll(jobs: readonly Job[], signal: AbortSignal): AsyncGenerator<CompletionEvent, readonly CompletionResult[], void> {
    const others = new AbortController();
    const either = AbortSignal.any([signal, others.signal]);
    const answers = jobs.map((job) => this.#answer(job, either));
    const all = interleave(answers, () => others.abort(utilError('CANCELLED', 'another choice failed')));
    let step = await all.next();
    try {
      for (; !step.done; step = await all.next()) {
        const { source: choice, done, value } = step.value;
        yield done ? { type: 'ended', choice, result: value } : { ...value, choice };
      }
      return step.value;
    } finally {
      await all.return([]);
    }
  }

  #job(request: CompletionRequest, model: CatalogModel, promptIds: Uint32Array, admission: Admission, choice: number): Job {
    const { clock, network, account, randomBytes } = this.#c;
    const promptSalt = hex(randomBytes(32));
    // Strictly increasing over restarts too, as long as the clock does not run back by more than a run lasted.
    this.#nonce = Math.max(this.#nonce + 1, clock.now() * 1024);
    const task = taskIdOf(network.networkId, admission.session, account.address, promptCommit(promptSalt, promptIds), this.#nonce);
    const sampling = samplingOf(request, choice, () => hex(randomBytes(32)));
    return { request, model, promptIds, promptSalt, sampling, admission, task, deadline: clock.now() + TASK_LIFETIME_MS };
  }

  /** Nine letters and digits, as the templates that look at ids want them. */
  #callId(): string {
    return hex(this.#c.randomBytes(5)).slice(2, 11);
  }

  #announce(job: Job): void {
    const { network, account, log } = this.#c;
    network
      .publish(taskTopic, {
        task: job.task,
        session: job.admission.session,
        model: job.model.id,
        router: account.address,
        promptCommit: promptCommit(job.promptSalt, job.promptIds),
        promptTokens: job.promptIds.length,
        maxTokens: job.admission.maxTokens,
        promptPriceMax: job.admission.priceMax.prompt,
        completionPriceMax: job.admission.priceMax.completion,
        deadline: job.deadline,
      })
      .catch((error: unknown) => log.warn({ task: job.task, code: toCoded(error).code }, 'the task offer was not published'));
  }

  async *#tryMiners(job: Job, signal: AbortSignal): AsyncGenerator<CompletionEvent, CompletionResult, void> {
    const { log, randomBytes } = this.#c;
    const draw = (): number => new DataView(randomBytes(4).buffer).getUint32(0) / 2 ** 32;
    const ranked = rankMiners(
      this.#candidates(job.model),
      { priceMax: job.admission.priceMax, promptTokens: job.promptIds.length, maxTokens: job.admission.maxTokens },
      draw,
    );
    if (ranked.length === 0) throw routerError('NO_MINER', `no live miner serves ${job.model.name} within the session's price`);
    let last: unknown;
    for (const miner of ranked.slice(0, this.#options.retries + 1)) {
      let streamed = false;
      this.#given(miner);
      const attempt = this.#attempt(job, miner, signal);
      try {
        for (;;) {
          const step = await attempt.next();
          if (step.done) {
            this.#failures.delete(miner.operator);
            this.#warm.refill(miner.peerId);
            return step.value;
          }
          streamed ||= step.value.type !== 'assigned';
          yield step.value;
        }
      } catch (error) {
        last = error;
        signal.throwIfAborted();
        const coded = toCoded(error);
        this.#failures.set(miner.operator, (this.#failures.get(miner.operator) ?? 0) + 1);
        log.warn({ task: job.task, miner: miner.operator, code: coded.code, reason: coded.message }, 'a miner failed');
        if (coded.code === 'RECEIPT_REFUSED') throw coded;
        if (streamed)
          throw routerError('MINER_LOST', `miner ${miner.operator} failed in the middle of the answer`, { task: job.task }, error);
        if (!worthRetrying(coded)) throw coded;
        this.#counters.retries += 1;
      } finally {
        await attempt.return(undefined as never);
      }
    }
    throw routerError(
      'MINER_FAILED',
      `${Math.min(ranked.length, this.#options.retries + 1)} miners failed before their first token`,
      { task: job.task },
      last,
    );
  }

  async *#attempt(job: Job, miner: Candidate, signal: AbortSignal): AsyncGenerator<CompletionEvent, CompletionResult, void> {
    const { account, contracts } = this.#c;
    const { model, promptIds, admission, task } = job;
    const assignment = {
      task,
      session: admission.session,
      model: model.id,
      router: account.address.toLowerCase() as Hex,
      miner: miner.operator,
      promptCommit: promptCommit(job.promptSalt, promptIds),
      promptTokens: promptIds.length,
      maxTokens: admission.maxTokens,
      sampling: samplingHash(job.sampling),
      promptPrice: miner.price.prompt,
      completionPrice: miner.price.completion,
      deadline: job.deadline,
    };
    const [signature, channel] = await Promise.all([
      signStatement('Assignment', contracts, assignment, account),
      withDeadline(`opening a stream to miner ${miner.operator}`, this.#options.openTimeoutMs, signal, (inner) =>
        this.#warm.take(miner.peerId, inner),
      ),
    ]);
    let ended = false;
    try {
      const { topLogprobs } = job.request;
      const stop = [...(job.request.stop ?? [])];
      await channel.send(
        {
          kind: 'request',
          assignment: { assignment, signature },
          promptIds,
          promptSalt: job.promptSalt,
          sampling: job.sampling,
          stop,
          topLogprobs,
        },
        signal,
      );
      yield { type: 'assigned', task, miner: miner.operator, promptTokens: promptIds.length };
      const { toolFormat } = model.tokenizer;
      const { tools } = job.request;
      const calls =
        tools &&
        toolFormat &&
        new ToolStream(
          toolFormat,
          tools.map(({ name }) => name),
          job.request.parallelToolCalls === false ? 1 : undefined,
        );
      const text = new TextStream(model.tokenizer, stop, calls && toolFormat?.tokens);
      const answer = readAnswer(channel, assignment, contracts, this.#options, topLogprobs, signal);
      let step = await answer.next();
      for (; !step.done; step = await answer.next()) {
        const { tokenIds } = step.value;
        const words = text.push(tokenIds);
        yield {
          type: 'delta',
          text: calls?.push(words) ?? words,
          tokens: tokenIds.length,
          logprobs: contentLogprobs(model.tokenizer, step.value),
        };
      }
      ended = true;
      const { receipt, signature: receiptSignature, finishReason } = step.value;
      const cost = billOf(receipt);
      const { task: id, session, model: modelId, miner: operator, promptTokens, completionTokens } = receipt;
      await this.#pay(channel, {
        task: id,
        session,
        model: modelId,
        miner: operator,
        promptTokens,
        completionTokens,
        cost,
        receipt,
        signature: receiptSignature,
      });
      // Only now: a client that leaves with the last text must not leave the miner unpaid.
      const rest = text.end();
      const last = calls?.end(rest) ?? { text: rest, calls: [] };
      if (last.text !== '') yield { type: 'delta', text: last.text, tokens: 0 };
      for (const [index, call] of last.calls.entries()) {
        yield { type: 'toolCall', index, id: this.#callId(), name: call.name, arguments: JSON.stringify(call.arguments) };
      }
      return {
        task: id,
        miner: operator,
        finishReason,
        promptTokens,
        completionTokens,
        cost,
        receipt: { receipt, signature: receiptSignature },
      };
    } finally {
      if (!ended) channel.reset(new Error('cancelled'));
    }
  }

  /** Books the task on disk, then sends the voucher that covers it: once a miner holds a voucher the promise cannot be forgotten. */
  async #pay(channel: Channel<InferUp, InferDown>, task: FinishedTask): Promise<void> {
    const { contracts, account, clock, log } = this.#c;
    const voucher = this.#ledger.book(task, contracts.settlement, this.#c.sessions.get(task.session)?.settled ?? 0n, clock.now());
    const signature = await signStatement('Voucher', contracts, voucher, account);
    try {
      await channel.send({ kind: 'voucher', voucher: { voucher, signature } });
      await channel.close();
    } catch (error) {
      log.warn(
        { task: task.task, voucher: hashStatement('Voucher', contracts, voucher), code: toCoded(error).code },
        'the voucher did not reach the miner',
      );
      channel.reset();
    }
  }

  #candidates(model: CatalogModel): Candidate[] {
    const { network, registry, clock } = this.#c;
    const now = clock.now();
    const candidates: Candidate[] = [];
    for (const { entry, offer } of network.nodes.byModel(model.id)) {
      const { operator, peerId } = entry.record;
      if (now - entry.seenAt > this.#options.heartbeatTimeoutMs || !registry.isActive(operator, 'miner')) continue;
      const unseen = this.#unseen.get(operator);
      candidates.push({
        operator: operator.toLowerCase() as Hex,
        peerId,
        price: { prompt: offer.promptPrice, completion: offer.completionPrice },
        tokensPerSecond: offer.tokensPerSecondMilli / 1000,
        freeSlots: entry.capacity.freeSlots,
        queueDepth: entry.capacity.queueDepth,
        unseen: unseen !== undefined && unseen.since >= entry.capacity.sentAt ? unseen.count : 0,
        failures: this.#failures.get(operator.toLowerCase()) ?? 0,
      });
    }
    return candidates;
  }

  #given(miner: Candidate): void {
    const sentAt = this.#c.network.nodes.byPeer(miner.peerId)?.capacity.sentAt ?? 0;
    const known = this.#unseen.get(miner.operator);
    this.#unseen.set(miner.operator, { since: sentAt, count: known !== undefined && known.since === sentAt ? known.count + 1 : 1 });
  }
}

function hex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
