import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createEngine, type Engine } from '../../../src/inference/engine.ts';
import { openTokenizer } from '../../../src/inference/tokenizer.ts';
import { GREEDY } from '../../../src/types/index.ts';
import { promptLogits } from './promptLogits.ts';
import { complete } from './run.ts';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/parity');
const MODELS: Record<string, string> = {
  'gguf-k-quants': 'GGUF, Llama, Q4_K and Q6_K, tied head, tokenizer in the file',
  'gguf-llama': 'GGUF, Llama with rope factors, Q8_0, tokenizer in the file',
  'gguf-qwen2': 'GGUF, Qwen2, Q4_0, tokenizer beside the file',
  'gguf-qwen3': 'GGUF, Qwen3 with normed queries and keys and wide heads, F32, F16 and Q4_1, untied',
  'onnx-external': 'ONNX export with its weights in two other files, Llama',
  'onnx-fp16': 'ONNX export in fp16, Llama',
  'onnx-gemma': 'ONNX export of torch.onnx, Gemma',
  'onnx-gpt-neox': 'ONNX export by tracing, GPT-NeoX',
  'onnx-gpt2': 'ONNX export by tracing, GPT-2',
  'onnx-gqa': 'ONNX export with GroupQueryAttention, Llama',
  'onnx-gqa-q4f16': 'ONNX export with GroupQueryAttention in 4 bits and fp16, Llama',
  'onnx-int8': 'ONNX export in int8, Llama',
  'onnx-llama': 'ONNX export of torch.onnx, Llama',
  'onnx-llama-merged': 'ONNX export with int32 ids, num_logits_to_keep and use_cache_branch, Llama',
  'onnx-phi': 'ONNX export by tracing, Phi',
  'onnx-phi3': 'ONNX export of torch.onnx, Phi-3',
  'onnx-q4': 'ONNX export in 4 bits, Llama',
  'onnx-q4f16': 'ONNX export in 4 bits and fp16, Llama',
  'onnx-qwen3': 'ONNX export of torch.onnx, Qwen3',
  llama: 'Llama with llama3 rope scaling, untied, sharded bf16',
  'llama-linear': 'Llama with linear rope scaling and biases everywhere, f16',
  mistral: 'Mistral with a window as long as the context, untied, f16',
  qwen2: 'Qwen2 with qkv biases, bf16',
  qwen3: 'Qwen3 with normed queries and keys and wide heads, bf16',
  smollm: 'SmolLM shape, 3 heads for 1, bf16',
};
const STEPS = 256;
/** Of logits, where kernels for other CPUs round otherwise; what is expected of these files is what onnxruntime computes from them in Python. */
const TOLERANCE: Record<string, number> = { 'onnx-fp16': 3e-2, 'onnx-gqa-q4f16': 3e-2, 'onnx-q4f16': 3e-2, 'onnx-int8': 3e-2 };

interface Expected {
  readonly prompt: string;
  readonly promptIds: number[];
  readonly tokens: number[];
}

describe('parity with Hugging Face transformers', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => {
    engine = createEngine({ slots: 2, backend: 'ortFfi' });
  });
  after(() => engine.close());

  for (const [name, title] of Object.entries(MODELS)) {
    describe(title, () => {
      const dir = path.join(FIXTURES, name);
      let expected: Expected;
      before(async () => {
        expected = JSON.parse(await readFile(path.join(dir, 'expected.json'), 'utf8')) as Expected;
      });

      it('has the same tokens of the prompt', async () => {
        assert.deepEqual([...(await openTokenizer(dir)).encode(expected.prompt)], expected.promptIds);
      });

      it(`generates the same ${STEPS} greedy tokens`, async () => {
        const { id } = await engine.load(dir);
        const promptIds = Uint32Array.from(expected.promptIds);
        const { ids } = await complete(engine, { model: id, promptIds, sampling: GREEDY, maxTokens: STEPS, stop: [] });
        assert.deepEqual(ids, expected.tokens);
      });

      const tolerance = TOLERANCE[name] ?? 1e-4;
      it(`computes the logits of the prompt within ${tolerance}`, async () => {
        const bytes = await readFile(path.join(dir, 'logits.f32'));
        const want = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
        for (const backend of ['ortFfi', 'ortNode'] as const) {
          const got = await promptLogits(dir, Uint32Array.from(expected.promptIds), 'fp32', backend);
          assert.equal(got.length, want.length);
          const worst = got.reduce((max, value, i) => Math.max(max, Math.abs(value - (want[i] as number))), 0);
          assert.ok(worst < tolerance, `${backend}: ${worst}`);
        }
      });
    });
  }
});
