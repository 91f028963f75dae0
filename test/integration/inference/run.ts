import type { Engine, GenerateEnd, GenerateRequest } from '../../../src/inference/engine.ts';

export const NEVER = new AbortController().signal;

export interface Completion {
  readonly ids: number[];
  readonly sketches: Uint8Array[];
  readonly end: GenerateEnd;
}

export async function complete(engine: Engine, request: GenerateRequest, signal: AbortSignal = NEVER): Promise<Completion> {
  const ids: number[] = [];
  const sketches: Uint8Array[] = [];
  const tokens = engine.generate(request, signal);
  for (;;) {
    const next = await tokens.next();
    if (next.done) return { ids, sketches, end: next.value };
    ids.push(next.value.tokenId);
    sketches.push(next.value.sketch);
  }
}
