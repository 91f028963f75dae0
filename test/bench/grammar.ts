import { createEngine } from '../../src/inference/engine.ts';
import { Grammar } from '../../src/inference/grammar/grammar.ts';
import { schemaGrammar } from '../../src/inference/grammar/index.ts';
import { type TokenSet, Vocabulary } from '../../src/inference/grammar/vocabulary.ts';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { openTokenizer } from '../../src/inference/tokenizer.ts';
import { GREEDY, type Hex } from '../../src/types/index.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { type Metric, summarise } from './metric.ts';
import type { Random } from './random.ts';
import { median, percentile } from './stats.ts';

const VOCABULARY = 49_152;
const LETTERS = 'etaoinshrdlcumwfgypbvkjxqz';
const ANSWERS = 40;
const ANSWER_TOKENS_MAX = 400;
const DECODE_ROUNDS = 12;
const DECODE_TOKENS = 96;
const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    kind: { enum: ['person', 'robot', 'animal'] },
    tags: { type: 'array', items: { type: 'string', maxLength: 40 } },
    born: { type: 'string', format: 'date' },
    address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } }, additionalProperties: false },
  },
  required: ['name', 'age', 'kind', 'tags', 'born', 'address'],
  additionalProperties: false,
};
export const grammar: Benchmark = {
  name: 'grammar',
  summary:
    'constrained output: what a mask costs a token with a vocabulary of 49,152, and decoding with a grammar against decoding without',
  method:
    'Masks: synthetic vocabulary of all bytes and random words, with and without a leading space or signs of JSON; a schema of ten fields compiled ' +
    'anew for each of 40 answers, whose tokens are drawn from what is allowed (a quarter of them quotes, where allowed). The mean is over all tokens of ' +
    'an answer. Decoding: the built-in model, one slot, up to 96 tokens at temperature 1, without a grammar and with that schema in turn; the ratio is taken within a round.',
  run: async (context) => [...(await masks(context)), ...(await decoding(context))],
};

async function masks({ random, say }: BenchContext): Promise<Metric[]> {
  const tokens = words(random);
  const builtAt = performance.now();
  const vocabulary = new Vocabulary(tokens, new Set([VOCABULARY]));
  const vocabularyMs = performance.now() - builtAt;
  const text = schemaGrammar(SCHEMA);
  const compile: number[] = [];
  const means: number[] = [];
  const all: number[] = [];
  for (let answer = 0; answer < ANSWERS; answer++) {
    const startedAt = performance.now();
    const compiled = new Grammar(text, tokens, vocabulary);
    compile.push(performance.now() - startedAt);
    const costs = answerCosts(compiled, random);
    means.push(costs.reduce((sum, cost) => sum + cost) / costs.length);
    all.push(...costs);
  }
  say(`${all.length} masks, vocabulary read in ${vocabularyMs.toFixed(0)} ms`);
  return [
    { name: 'vocabulary_ms', unit: 'ms', better: 'lower', value: vocabularyMs, samples: 1 },
    summarise('compile_ms', 'ms', 'lower', compile, random),
    summarise('mask_mean_ms', 'ms a token', 'lower', means, random, { limit: 1 }),
    summarise('mask_p50_ms', 'ms', 'lower', all, random, {}, median),
    { name: 'mask_p99_ms', unit: 'ms', better: 'lower', value: percentile(all, 0.99), samples: all.length },
  ];
}

/** ms that each mask of one answer took. */
function answerCosts(compiled: Grammar, random: Random): number[] {
  const matcher = compiled.matcher();
  const costs: number[] = [];
  while (costs.length < ANSWER_TOKENS_MAX) {
    const startedAt = performance.now();
    const allowed = matcher.allowed();
    costs.push(performance.now() - startedAt);
    const token = draw(allowed as TokenSet, random);
    if (token === VOCABULARY) break;
    matcher.push(token);
  }
  return costs;
}

function draw(allowed: TokenSet, random: Random): number {
  const has = (token: number): boolean => (((allowed[token >>> 5] as number) >>> (token & 31)) & 1) === 1;
  if (has(0x22) && random() < 0.25) return 0x22;
  const all = Array.from({ length: VOCABULARY + 1 }, (_, token) => token).filter(has);
  return all[Math.floor(random() * all.length)] as number;
}

function words(random: Random): Uint8Array[] {
  const known = new Set(Array.from({ length: 0x80 }, (_, byte) => String.fromCharCode(byte)));
  const tokens = Array.from({ length: 0x100 }, (_, byte) => Uint8Array.of(byte));
  while (tokens.length < VOCABULARY) {
    const letters = Array.from({ length: 2 + Math.floor(random() * 8) }, () => LETTERS[Math.floor(random() * random() * LETTERS.length)]);
    const [before, after] = [random() < 0.6 ? ' ' : '', random() < 0.02 ? ['"', '":', '",', '"}', '"]'][Math.floor(random() * 5)] : ''];
    const word = `${before}${letters.join('')}${after}`;
    if (known.has(word)) continue;
    known.add(word);
    tokens.push(Buffer.from(word));
  }
  return tokens;
}

async function decoding({ random, say, signal }: BenchContext): Promise<Metric[]> {
  const engine = createEngine({ slots: 1 });
  try {
    const { id: model } = await engine.load(DEFAULT_MODEL_DIR);
    const tokenizer = await openTokenizer(DEFAULT_MODEL_DIR);
    const promptIds = tokenizer.encodeChat([{ role: 'user', content: 'Tell me a story about a dog.' }]);
    const rates = { free: [] as number[], held: [] as number[] };
    for (let round = -2; round < DECODE_ROUNDS; round++) {
      for (const kind of ['free', 'held'] as const) {
        const seed: Hex = `0x${(round + 3).toString(16).padStart(64, '0')}`;
        const sampling = { ...GREEDY, temperatureMilli: 1_000, seed, grammar: kind === 'held' ? schemaGrammar(SCHEMA) : '' };
        let [firstAt, tokens] = [0, 0];
        for await (const _ of engine.generate({ model, promptIds, sampling, maxTokens: DECODE_TOKENS, stop: [] }, signal)) {
          if (tokens++ === 0) firstAt = performance.now();
        }
        if (round >= 0 && tokens > 1) rates[kind].push(((tokens - 1) * 1_000) / (performance.now() - firstAt));
      }
    }
    say(`decoding: ${median(rates.free).toFixed(0)} tokens per second, with a grammar ${median(rates.held).toFixed(0)}`);
    const rounds = Math.min(rates.free.length, rates.held.length);
    const ratios = Array.from({ length: rounds }, (_, i) => (rates.held[i] as number) / (rates.free[i] as number));
    return [summarise('decode_ratio', 'with / without', 'higher', ratios, random, { limit: 0.9 })];
  } finally {
    await engine.close();
  }
}
