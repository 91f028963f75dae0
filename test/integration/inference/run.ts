import type { Engine, GenerateEnd, GenerateRequest, TokenLogprobs } from '../../../src/inference/engine.ts';

export const NEVER = new AbortController().signal;

export interface Completion {
  readonly ids: number[];
  readonly sketches: Uint8Array[];
  readonly logprobs: TokenLogprobs[];
  readonly end: GenerateEnd;
}

export async function complete(engine: Engine, request: GenerateRequest, signal: AbortSignal = NEVER): Promise<Completion> {
  const ids: number[] = [];
  const sketches: Uint8Array[] = [];
  const logprobs: TokenLogprobs[] = [];
  const tokens = engine.generate(request, signal);
  for (;;) {
    const next = await tokens.next();
    if (next.done) return { ids, sketches, logprobs, end: next.value };
    ids.push(next.value.tokenId);
    sketches.push(next.value.sketch);
    if (next.value.logprobs !== undefined) logprobs.push(next.value.logprobs);
  }
}
