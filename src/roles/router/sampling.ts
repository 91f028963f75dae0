import { choiceSeed } from '../../crypto/ids.ts';
import type { Hex, Sampling } from '../../types/index.ts';
import type { CompletionRequest } from './service.ts';

const thousandths = (value: number): number => Math.round(value * 1_000);
const millionths = (value: number): number => Math.round(value * 1_000_000);

/**
 * A request's sampling in the fixed-point numbers that are committed to.
 *
 * @param choice 0-based; each answer has a seed of its own
 * @param drawSeed gives 32 bytes when the request names no seed
 */
export function samplingOf(request: CompletionRequest, choice: number, drawSeed: () => Hex): Sampling {
  const { seed } = request;
  const words = seed === undefined ? undefined : BigInt.asUintN(256, BigInt(seed)).toString(16).padStart(64, '0');
  return {
    temperatureMilli: thousandths(request.temperature ?? 0),
    // A mass that is not 0 stays above 0.
    topPPpm: Math.max(1, millionths(request.topP ?? 1)),
    topK: request.topK ?? 0,
    minPPpm: millionths(request.minP ?? 0),
    presenceMilli: thousandths(request.presencePenalty ?? 0),
    frequencyMilli: thousandths(request.frequencyPenalty ?? 0),
    repetitionMilli: thousandths(request.repetitionPenalty ?? 1),
    logitBias: Object.entries(request.logitBias ?? {})
      .map(([token, bias]) => ({ token: Number(token), biasMilli: thousandths(bias) }))
      .sort((a, b) => a.token - b.token),
    grammar: request.grammar ?? '',
    seed: words === undefined ? drawSeed() : choiceSeed(`0x${words}`, choice),
  };
}
