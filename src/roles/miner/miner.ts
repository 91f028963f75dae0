import { type Receipt, type SignedReceipt, type SignedVoucher, signStatement, verifyStatement } from '../../crypto/eip712.ts';
import { streamRootOf } from '../../crypto/ids.ts';
import { OutputTree } from '../../crypto/merkle.ts';
import type { GeneratedToken, GenerateEnd, ModelInfo, TokenLogprobs } from '../../inference/engine.ts';
import type { Channel } from '../../protocols/channel.ts';
import type { EvidenceReply, EvidenceRequest } from '../../protocols/evidence/messages.ts';
import { evidenceStream } from '../../protocols/evidence/stream.ts';
import type { ChunkLogprobs, InferDown, InferRequest, InferUp } from '../../protocols/infer/messages.ts';
import { inferStream } from '../../protocols/infer/stream.ts';
import type { Capacity } from '../../protocols/node/messages.ts';
import { resultTopic } from '../../protocols/result/topic.ts';
import { billOf, type FinishReason, type ModelId, type TaskId } from '../../types/index.ts';
import { withDeadline } from '../../util/deadline.ts';
import { toCoded, utilError } from '../../util/errors.ts';
import { minerError } from './errors.ts';
import { tamper } from './fault.ts';
import type { Miner, MinerComponents } from './index.ts';
import { type MinedTask, type MinerLedger, openMinerLedger } from './ledger.ts';
import type { MinerOptions } from './options.ts';
import { checkRequest } from './serve.ts';

/** Weight of a new speed measurement against the ones before. */
const SPEED_WEIGHT = 0.2;
const TASKS_KEPT_MS = 7 * 86_400_000;
const REPUBLISH_BATCH = 64;

/** An output on its way out: tokens, their sketches and the tree over both. */
interface Output {
  readonly ids: number[];
  readonly sketches: Uint8Array[];
  readonly tree: OutputTree;
}

export class MinerRole implements Miner {
  readonly #c: MinerComponents;
  readonly #options: MinerOptions;
  readonly #ledger: MinerLedger;
  readonly #models: ReadonlyMap<ModelId, ModelInfo>;
  /** Decode speed of one stream, tokens per second. */
  readonly #speed: Map<ModelId, number>;
  readonly #running = new Map<TaskId, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #undo: (() => void | Promise<void>)[] = [];
  readonly #counters = { tasks: 0, failed: 0, cancelled: 0, tokens: 0, invalid: 0, unpaid: 0 };
  #closing = false;

  constructor(components: MinerComponents, options: MinerOptions) {
    this.#c = components;
    this.#options = options;
    this.#ledger = openMinerLedger(components.db);
    this.#models = new Map(components.models.map(({ info }) => [info.id, info]));
    this.#speed = new Map(components.models.map(({ info, speed }) => [info.id, speed]));
  }

  async start(): Promise<void> {
    const { network, verdicts } = this.#c;
    this.#undo.push(await network.handle(inferStream, (channel) => this.#serve(channel)));
    this.#undo.push(await network.handle(evidenceStream, (channel, remote) => this.#serveEvidence(channel, remote.peerId)));
    this.#undo.push(
      verdicts.onVerdict(({ task, verdict }) => {
        if (!this.#ledger.has(task)) return;
        this.#ledger.decide(task, verdict);
        if (verdict === 'INVALID') this.#counters.invalid += 1;
      }),
    );
    void this.#housekeep();
  }

  capacity(): Capacity {
    const { slots, price } = this.#options;
    return {
      models: [...this.#models.values()].map((model) => ({
        id: model.id,
        promptPrice: price.prompt,
        completionPrice: price.completion,
        tokensPerSecondMilli: Math.round((this.#speed.get(model.id) ?? 0) * 1000),
        contextTokens: model.contextTokens,
      })),
      freeSlots: this.#closing ? 0 : Math.max(0, slots - this.#running.size),
      queueDepth: Math.max(0, this.#running.size - slots),
      sentAt: this.#c.clock.now(),
    };
  }

  counters(): Record<string, number> {
    return { ...this.#counters, running: this.#running.size };
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const drained = Promise.allSettled([...this.#running.values()]);
    await Promise.race([drained, this.#c.clock.sleep(graceMs, this.#stop.signal).catch(() => {})]);
    this.#stop.abort(utilError('STOPPING', 'this miner is stopping'));
    await drained;
    for (const undo of this.#undo.reverse()) await undo();
  }

  async #serve(channel: Channel<InferDown, InferUp>): Promise<void> {
    const { registry, sessions, contracts, account, clock, log } = this.#c;
    const first = await channel.next();
    if (first?.kind !== 'request') throw minerError('MINER_ASSIGNMENT_REFUSED', 'the first frame must be a request');
    const { task } = first.assignment.assignment;
    if (this.#closing) throw minerError('MINER_STOPPING', 'this miner is stopping');
    if (this.#running.has(task)) throw minerError('MINER_TASK_REPEATED', `task ${task} is running`);
    const done = Promise.withResolvers<void>();
    this.#running.set(task, done.promise);
    try {
      await checkRequest(first, this.#options.price, (model) => this.#models.get(model)?.contextTokens, {
        registry,
        sessions,
        contracts,
        ledger: this.#ledger,
        operator: account.address,
        now: clock.now,
      });
      await this.#work(channel, first);
    } catch (error) {
      this.#counters[channel.signal.aborted ? 'cancelled' : 'failed'] += 1;
      log.debug({ task, code: toCoded(error).code }, 'a task ended early');
      throw error;
    } finally {
      this.#running.delete(task);
      done.resolve();
    }
  }

  async #work(channel: Channel<InferDown, InferUp>, request: InferRequest): Promise<void> {
    const { clock, network, log } = this.#c;
    const { assignment } = request.assignment;
    const startedAt = clock.now();
    const { output, finishReason } = await this.#stream(channel, request);
    const receipt = await this.#receipt(request, output, startedAt);
    const evidence = {
      promptIds: request.promptIds,
      promptSalt: request.promptSalt,
      outputIds: Uint32Array.from(output.ids),
      sketches: Buffer.concat(output.sketches),
      sampling: request.sampling,
      stop: request.stop,
      finishReason,
    };
    this.#ledger.finish({ assignment: request.assignment, receipt }, evidence);
    await channel.send({ kind: 'end', receipt, finishReason });
    this.#counters.tasks += 1;
    this.#counters.tokens += output.ids.length;
    const voucher = await this.#voucher(channel, receipt.receipt).catch((error: unknown) => {
      this.#counters.unpaid += 1;
      throw error;
    });
    this.#ledger.pay(assignment.task, voucher);
    await channel.close();
    log.info({ task: assignment.task, tokens: output.ids.length, ms: clock.now() - startedAt }, 'answered');
    await network.publish(resultTopic, { assignment: request.assignment, receipt, voucher });
  }

  /** Generates and sends, token by token. */
  async #stream(channel: Channel<InferDown, InferUp>, request: InferRequest): Promise<{ output: Output; finishReason: FinishReason }> {
    const { engine, clock } = this.#c;
    const { model, maxTokens, session } = request.assignment.assignment;
    const output: Output = { ids: [], sketches: [], tree: new OutputTree() };
    const cancel = new AbortController();
    const onCut = (): void => cancel.abort(utilError('CANCELLED', 'the stream is gone'));
    const onStop = (): void => cancel.abort(this.#stop.signal.reason);
    channel.signal.addEventListener('abort', onCut, { once: true });
    this.#stop.signal.addEventListener('abort', onStop, { once: true });
    try {
      const tokens = engine.generate(
        {
          model,
          promptIds: request.promptIds,
          sampling: request.sampling,
          maxTokens,
          stop: request.stop,
          cacheScope: session,
          topLogprobs: request.topLogprobs,
        },
        cancel.signal,
      );
      let firstAt = 0;
      let step: IteratorResult<GeneratedToken, GenerateEnd>;
      for (step = await tokens.next(); !step.done; step = await tokens.next()) {
        if (firstAt === 0) firstAt = clock.monotonic();
        await this.#emit(channel, output, step.value);
      }
      cancel.signal.throwIfAborted();
      if (output.ids.length > 4) this.#learnSpeed(model, (output.ids.length - 1) / Math.max((clock.monotonic() - firstAt) / 1000, 1e-4));
      return { output, finishReason: step.value.finishReason };
    } finally {
      channel.signal.removeEventListener('abort', onCut);
      this.#stop.signal.removeEventListener('abort', onStop);
      cancel.abort();
    }
  }

  async #emit(channel: Channel<InferDown, InferUp>, output: Output, token: GeneratedToken): Promise<void> {
    const tokenId = this.#options.fault === 'tamper' ? tamper(token.index, token.tokenId) : token.tokenId;
    output.ids.push(tokenId);
    output.sketches.push(token.sketch);
    output.tree.push(tokenId, token.sketch);
    await channel.send({
      kind: 'chunk',
      index: token.index,
      tokenIds: Uint32Array.of(tokenId),
      sketches: token.sketch,
      logprobs: token.logprobs && packed(token.logprobs),
    });
  }

  #learnSpeed(model: ModelId, measured: number): void {
    const known = this.#speed.get(model) ?? measured;
    this.#speed.set(model, known + SPEED_WEIGHT * (measured - known));
  }

  async #receipt(request: InferRequest, output: Output, startedAt: number): Promise<SignedReceipt> {
    const { account, contracts, clock } = this.#c;
    const { task, session, model, miner, promptTokens, promptCommit, sampling, promptPrice, completionPrice } =
      request.assignment.assignment;
    const receipt: Receipt = {
      task,
      session,
      model,
      miner,
      promptTokens,
      completionTokens: output.ids.length,
      promptCommit,
      outputRoot: output.tree.root(),
      sampling,
      promptPrice,
      completionPrice,
      startedAt,
      endedAt: clock.now(),
      numericsProfile: (this.#models.get(model) as ModelInfo).numericsProfile,
    };
    return { receipt, signature: await signStatement('Receipt', contracts, receipt, account) };
  }

  /** Waits for the voucher and holds it against what this session owes here. @throws MINER_VOUCHER_REFUSED, TIMEOUT */
  async #voucher(channel: Channel<InferDown, InferUp>, receipt: Receipt): Promise<SignedVoucher> {
    const { contracts, sessions } = this.#c;
    const refuse = (why: string) =>
      minerError('MINER_VOUCHER_REFUSED', `the voucher of task ${receipt.task} ${why}`, { task: receipt.task });
    const frame = await withDeadline('the voucher', this.#options.voucherTimeoutMs, this.#stop.signal, (signal) => channel.next(signal));
    if (frame?.kind !== 'voucher') throw refuse('did not come');
    const { voucher, signature } = frame.voucher;
    const spender = sessions.get(receipt.session)?.spender;
    // docs/protocols/infer.md §6: to Settlement, from the session's spender, over everything earned here and this task.
    if (voucher.session !== receipt.session || voucher.payee.toLowerCase() !== contracts.settlement.toLowerCase())
      throw refuse('is for something else');
    if (voucher.streamRoot !== streamRootOf(receipt.task, receipt.outputRoot)) throw refuse('is for another answer');
    if (voucher.cumulativeAmount < this.#ledger.session(receipt.session).earned + billOf(receipt)) throw refuse('does not cover it');
    if (spender === undefined) throw refuse('has no spender on chain');
    verifyStatement('Voucher', contracts, voucher, signature, spender);
    return frame.voucher;
  }

  async #serveEvidence(channel: Channel<EvidenceReply, EvidenceRequest>, peerId: string): Promise<void> {
    const { network, registry } = this.#c;
    const request = await channel.next();
    if (request === undefined) return;
    // docs/protocols/evidence.md §2: evidence holds the prompt; only registered guards get it.
    const guard = network.nodes.byPeer(peerId)?.record.operator;
    if (guard === undefined || !registry.isActive(guard, 'guard'))
      throw minerError('MINER_EVIDENCE_REFUSED', `peer ${peerId} is no registered guard`);
    const evidence = this.#ledger.evidence(request.task);
    if (evidence === undefined) throw minerError('MINER_EVIDENCE_UNKNOWN', `no evidence of task ${request.task}`, { task: request.task });
    await channel.send({ kind: 'found', ...evidence, stop: [...evidence.stop] });
    await channel.close();
  }

  /** Announces results again whose verdict is missing (lost gossip, a restart), and drops what is past its time. */
  async #housekeep(): Promise<void> {
    const { clock, log } = this.#c;
    const { republishMs, evidenceTtlMs } = this.#options;
    let after = 0;
    try {
      for (;;) {
        await clock.sleep(republishMs, this.#stop.signal);
        const now = clock.now();
        this.#ledger.expire(now - evidenceTtlMs, now - TASKS_KEPT_MS);
        const undecided = this.#ledger.undecided(Math.max(after, now - evidenceTtlMs), now - republishMs, REPUBLISH_BATCH);
        // In turns: the oldest must not stand in the way of the others.
        after = undecided.length < REPUBLISH_BATCH ? 0 : (undecided.at(-1)?.receipt.receipt.endedAt ?? 0);
        for (const task of undecided)
          await this.#republish(task).catch((error: unknown) =>
            log.debug({ code: toCoded(error).code }, 'a result was not published again'),
          );
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) log.error({ code: toCoded(error).code }, 'the miner stopped looking after its results');
    }
  }

  async #republish({ assignment, receipt, voucher }: MinedTask): Promise<void> {
    if (voucher !== undefined) await this.#c.network.publish(resultTopic, { assignment, receipt, voucher });
  }
}

function packed({ logprob, top }: TokenLogprobs): ChunkLogprobs {
  return {
    emitted: Float32Array.of(logprob),
    topIds: Uint32Array.from(top, (entry) => entry.tokenId),
    top: Float32Array.from(top, (entry) => entry.logprob),
  };
}
