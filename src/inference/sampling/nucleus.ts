import type { Sampling } from '../../types/index.ts';
import { Ranking } from './ranking.ts';

/** Weights are integers in units of 2⁻³⁰ of the most probable token's, so that their sums are exact in any language. */
const WEIGHT_ONE = 2 ** 30;
const PPM = 1_000_000;
/** Noise spans −3.14 to 22.88: a token further below the top one can never win, so leaving it out changes no choice. */
const REACH = 26.02;
/** Further below the top one a weight is 0: 2³⁰ · exp(−20.8) < 1. */
const WEIGHTLESS = -20.8;

export interface KeptToken {
  readonly token: number;
  /** 1000 · logit / temperatureMilli */
  readonly z: number;
  /** How much would have to change to push it out: the distance in z to the first dropped token, or in mass to the end of the nucleus. */
  readonly margin: number;
}

export interface Kept {
  /** By falling z, equal ones by rising id. */
  readonly kept: readonly KeptToken[];
  /** How much would have to change to let a token in; 0 for kept ones. */
  exclusion(token: number): number;
}

/**
 * Tokens that top-k, then min-p, then top-p leave. Order: falling z, then rising id; weight = ⌊exp(z − z₀) · 2³⁰⌋. top-k keeps the first k. min-p keeps
 * weights of at least minPPpm millionths of 2³⁰. top-p: W = sum of the weights left, need = ⌈W · topPPpm / 10⁶⌉; a token is kept while the
 * weights before it sum to less than `need`.
 */
export function keptTokens(logits: Float32Array, sampling: Sampling): Kept {
  const zOf = (token: number): number => ((logits[token] as number) * 1000) / sampling.temperatureMilli;
  const order = new Ranking(logits, REACH * (sampling.temperatureMilli / 1000));
  const top = zOf(order.at(0));
  const weightOf = (token: number): number => weight(zOf(token) - top);
  const ranked = sampling.topK > 0 ? Math.min(sampling.topK, order.length) : order.length;
  let limit = ranked;
  if (sampling.minPPpm > 0) {
    const isEnough = (token: number): boolean => weightOf(token) * PPM >= sampling.minPPpm * WEIGHT_ONE;
    limit = 1;
    while (limit < ranked && isEnough(order.at(limit))) limit++;
  }
  /** The z that min-p lets in. */
  const floor = sampling.minPPpm > 0 ? top + Math.log(sampling.minPPpm / PPM) : Number.NEGATIVE_INFINITY;
  const wholeMass = sampling.topPPpm === PPM;
  let total = 0;
  if (!wholeMass && limit === order.length) for (const token of order.unordered) total += weightOf(token);
  else if (!wholeMass) for (let i = 0; i < limit; i++) total += weightOf(order.at(i));
  const need = Number((BigInt(total) * BigInt(sampling.topPPpm) + BigInt(PPM - 1)) / BigInt(PPM));
  const before: number[] = [];
  let mass = 0;
  while (before.length < limit && (wholeMass || mass < need)) {
    const rank = before.push(mass) - 1;
    if (!wholeMass) mass += weightOf(order.at(rank));
  }
  const count = before.length;
  const firstDropped = count < order.length ? zOf(order.at(count)) : Number.NEGATIVE_INFINITY;
  const lastKept = zOf(order.at(count - 1));
  const kept = before.map((massBefore, rank): KeptToken => {
    const token = order.at(rank);
    const z = zOf(token);
    const massMargin = wholeMass ? Number.POSITIVE_INFINITY : (need - massBefore) / total;
    return { token, z, margin: Math.min(z - firstDropped, z - floor, massMargin) };
  });

  const exclusion = (token: number): number => {
    const rank = order.rankOf(token);
    if (rank !== -1 && rank < count) return 0;
    const distance = lastKept - zOf(token);
    const isDroppedByTopK = ranked === sampling.topK && (rank === -1 || rank >= ranked);
    if (isDroppedByTopK) return distance;
    if (zOf(token) < floor) return floor - zOf(token);
    if (wholeMass) return 0; // out of the noise's reach, but not dropped
    let massBefore = 0;
    const end = rank === -1 ? limit : Math.min(limit, rank);
    for (let i = 0; i < end; i++) massBefore += weightOf(order.at(i));
    return Math.min(distance, (massBefore - need) / total);
  };
  return { kept, exclusion };
}

function weight(belowTop: number): number {
  return belowTop < WEIGHTLESS ? 0 : Math.floor(Math.exp(belowTop) * WEIGHT_ONE);
}
