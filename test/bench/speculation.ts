import { readFile } from 'node:fs/promises';
import { buildDecoder } from '../../src/inference/graph/decoder.ts';
import { syntheticWeights } from '../../src/inference/graph/syntheticWeights.ts';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { openOrtFfi } from '../../src/inference/onnx/ortFfi.ts';
import { Scheduler } from '../../src/inference/scheduler.ts';
import { openTokenizer } from '../../src/inference/tokenizer.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Benchmark } from './benchmark.ts';
import { type Metric, summarise } from './metric.ts';
import type { Random } from './random.ts';
import { SMOLLM_135M as SHAPE } from './smollm.ts';

const CONTEXT_TOKENS = 768;
const CHUNK_TOKENS = 128;
const PROMPT_TOKENS = 400;
const OUTPUT_TOKENS = 200;
const ROUNDS = 5;
const CODE = new URL('../../src/inference/stop.ts', import.meta.url);
const PROSE = new URL('../../README.md', import.meta.url);

interface Dialogue {
  readonly prompt: Uint32Array;
  readonly output: Uint32Array;
}

export const speculation: Benchmark = {
  name: 'speculation',
  summary: 'decoding with guesses from the own text against without: an edited file, a list, prose with quotations, tokens at random',
  method:
    'SmolLM2-135M shape, random fp32 weights, one thread, the scheduler with one slot; the job emits a given text of 200 tokens behind a prompt of up ' +
    'to 400, so that what repeats is real whatever the weights. `edit`: a source file again with a name changed. `list`: lines that begin alike. ' +
    '`quotes`: every other sentence of the prompt. `random`: nothing repeats. `trap`: triples of tokens come again and go on differently each time. Both ways in ' +
    'turn; a value is the rate with guesses by the rate without, medians of the ratios within a round.',
  asEngine: true,
  async run({ random, say, signal }) {
    const dialogues = await texts(random);
    const model = await buildDecoder(SHAPE, syntheticWeights('bench'), CONTEXT_TOKENS);
    const init = { model, shape: SHAPE, rows: 2, contextTokens: CONTEXT_TOKENS, stepTokensMax: CHUNK_TOKENS, threads: 1 };
    const session = await openOrtFfi().open(init);
    try {
      const metrics: Metric[] = [];
      for (const [name, dialogue] of Object.entries(dialogues)) {
        const ratios: number[] = [];
        for (let round = -1; round < ROUNDS; round++) {
          signal.throwIfAborted();
          const [without, with_] = [await decodeMs(session, dialogue, false), await decodeMs(session, dialogue, true)];
          if (round >= 0) ratios.push(without / with_);
        }
        const limit = name === 'random' || name === 'trap' ? { limit: 0.97 } : { limit: 1 };
        const metric = summarise(`${name}_speedup`, 'with / without', 'higher', ratios, random, limit);
        say(`${name}: ${metric.value.toFixed(2)}`);
        metrics.push(metric);
      }
      return metrics;
    } finally {
      await session.close();
    }
  },
};

/** ms from the first token to the last. */
async function decodeMs(
  session: Awaited<ReturnType<ReturnType<typeof openOrtFfi>['open']>>,
  { prompt, output }: Dialogue,
  speculates: boolean,
) {
  const ended = Promise.withResolvers<void>();
  const scheduler = new Scheduler({
    session,
    slots: 1,
    prefixRows: 0,
    queueMax: 1,
    prefillChunkTokens: CHUNK_TOKENS,
    paceMsPerToken: 0,
    speculates,
    clock: systemClock,
    onFailure: (_, error) => ended.reject(error),
  });
  let emitted = 0;
  let startedAt = 0;
  scheduler.submit({
    call: 0,
    tokens: prompt,
    wantedFrom: prompt.length - 1,
    accept() {
      if (emitted === 0) startedAt = performance.now();
      if (emitted < output.length) return output[emitted++];
      ended.resolve();
      return undefined;
    },
  });
  await ended.promise;
  const ms = performance.now() - startedAt;
  await scheduler.close();
  return ms;
}

async function texts(random: Random): Promise<Record<string, Dialogue>> {
  const tokenizer = await openTokenizer(DEFAULT_MODEL_DIR);
  const dialogue = (prompt: string, output: string): Dialogue => ({
    prompt: tokenizer.encode(prompt).subarray(0, PROMPT_TOKENS),
    output: tokenizer.encode(output).subarray(0, OUTPUT_TOKENS),
  });
  const code = await readFile(CODE, 'utf8');
  const sentences = (await readFile(PROSE, 'utf8')).split(/(?<=\.)\s+/);
  const items = ['apples', 'pears', 'plums', 'figs', 'dates', 'limes', 'grapes', 'melons', 'olives', 'nuts', 'beans', 'peas'];
  const list = items.map((item, i) => `${i + 1}. We have ${3 * i + 2} boxes of ${item} in the store.\n`);
  const draw = (length: number): Uint32Array => Uint32Array.from({ length }, () => Math.floor(random() * SHAPE.vocab));
  const triple = draw(3);
  const trap = Uint32Array.from(Array.from({ length: OUTPUT_TOKENS / 4 }, () => [...triple, ...draw(1)]).flat());
  return {
    edit: dialogue(code, code.replaceAll('needle', 'word')),
    list: dialogue(list.slice(0, 4).join(''), list.slice(4).join('')),
    quotes: dialogue(sentences.join(' '), sentences.filter((_, i) => i % 2 === 0).join(' ')),
    random: { prompt: draw(PROMPT_TOKENS), output: draw(OUTPUT_TOKENS) },
    trap: { prompt: draw(PROMPT_TOKENS), output: trap },
  };
}
