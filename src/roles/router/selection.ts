import type { Address, TokenPrice } from '../../types/index.ts';

/** What the router knows of a miner when it picks one. */
export interface Candidate {
  readonly operator: Address;
  readonly peerId: string;
  /** The miner's own ask. */
  readonly price: TokenPrice;
  /** Announced decode speed of one stream. */
  readonly tokensPerSecond: number;
  readonly freeSlots: number;
  readonly queueDepth: number;
  /** Tasks that this router gave it since its last heartbeat, which it does not show yet. */
  readonly unseen: number;
  /** Failures in a row at this router. */
  readonly failures: number;
}

export interface Demand {
  readonly priceMax: TokenPrice;
  readonly promptTokens: number;
  readonly maxTokens: number;
}

/** Share of the decision that price has against time: at equal weight a miner for free may take twice as long. */
const PRICE_WEIGHT = 1;
/** Prefill runs about this much faster than decode (docs/BENCHMARKS.md). */
const PREFILL_SPEEDUP = 8;

/** How long the whole answer would take there, in seconds, with what is queued before it. */
export function expectedSeconds(candidate: Candidate, demand: Demand): number {
  const speed = Math.max(candidate.tokensPerSecond, 0.1);
  const service = demand.promptTokens / (speed * PREFILL_SPEEDUP) + demand.maxTokens / speed;
  const before = Math.max(0, candidate.queueDepth + candidate.unseen - candidate.freeSlots + 1);
  return service * (1 + before) * 2 ** Math.min(candidate.failures, 6);
}

/** Dearest of the two parts against its bound, 0–1; infinite when the session cannot pay it. */
export function priceShare(price: TokenPrice, max: TokenPrice): number {
  const share = (ask: bigint, bound: bigint): number =>
    // Compared as integers: two prices that differ by a wei can be one and the same float.
    ask > bound ? Number.POSITIVE_INFINITY : bound === 0n ? 0 : Number(ask) / Number(bound);
  return Math.max(share(price.prompt, max.prompt), share(price.completion, max.completion));
}

/**
 * Miners that can take the task, best first: least expected time weighted by price. Those above the session's price are
 * left out. Equals are shuffled by `draw`, so that routers with the same view do not all pick the same one.
 *
 * @param draw uniform in [0, 1)
 */
export function rankMiners(candidates: readonly Candidate[], demand: Demand, draw: () => number): Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, share: priceShare(candidate.price, demand.priceMax), tie: draw() }))
    .filter(({ share }) => share <= 1)
    .map((entry) => ({ ...entry, score: expectedSeconds(entry.candidate, demand) * (1 + PRICE_WEIGHT * entry.share) }))
    .sort((a, b) => a.score - b.score || a.tie - b.tie)
    .map(({ candidate }) => candidate);
}
