import type { Session } from '../../src/inference/backend.ts';
import type { LlamaContext } from './llamaCpp.ts';
import type { Random } from './random.ts';

const PROMPT_TOKENS = 128;
const DECODE_STEPS = 32;
const BATCH_STEPS = 16;
const BATCH_ROWS = 8;

/** Tokens per second, of all rows together. */
export interface Rates {
  readonly prefill: number;
  readonly decode: number;
  readonly batch: number;
}

/** The same passes for both engines: `feed` gives neighbouring rows, from row 0 or one by one, equally many tokens. */
async function measure(vocab: number, random: Random, feed: (first: number, past: number, rows: readonly Uint32Array[]) => Promise<void>) {
  const draw = (length: number): Uint32Array => Uint32Array.from({ length }, () => Math.floor(random() * vocab));
  const rate = async (tokens: number, work: () => Promise<void>): Promise<number> => {
    const startedAt = performance.now();
    await work();
    return (1_000 * tokens) / (performance.now() - startedAt);
  };
  const prefill = await rate(PROMPT_TOKENS, () => feed(0, 0, [draw(PROMPT_TOKENS)]));
  const decode = await rate(DECODE_STEPS, async () => {
    for (let step = 0; step < DECODE_STEPS; step++) await feed(0, PROMPT_TOKENS + step, [draw(1)]);
  });
  for (let row = 0; row < BATCH_ROWS; row++) await feed(row, 0, [draw(PROMPT_TOKENS)]);
  const batch = await rate(BATCH_STEPS * BATCH_ROWS, async () => {
    for (let step = 0; step < BATCH_STEPS; step++) {
      const rows = Array.from({ length: BATCH_ROWS }, () => draw(1));
      await feed(0, PROMPT_TOKENS + step, rows);
    }
  });
  return { prefill, decode, batch };
}

export function ours(session: Session, random: Random): Promise<Rates> {
  return measure(session.shape.vocab, random, async (first, past, rows) => {
    const length = (rows[0] as Uint32Array).length;
    const ids = Uint32Array.from(rows.flatMap((row) => [...row]));
    await session.run({ first, count: rows.length, length, ids, past: new Uint32Array(rows.length).fill(past), keep: 1 });
  });
}

export function theirs(context: LlamaContext, vocab: number, random: Random): Promise<Rates> {
  return measure(vocab, random, async (first, past, rows) => {
    for (let i = 0; past === 0 && i < rows.length; i++) context.clear(first + i);
    await context.decode(rows.map((tokens, i) => ({ sequence: first + i, past, tokens })));
  });
}
