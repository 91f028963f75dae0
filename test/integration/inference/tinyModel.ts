import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { syntheticWeights } from '../../../src/inference/graph/syntheticWeights.ts';

export interface TinyModelOptions {
  /** Other seeds are other weights. */
  readonly seed?: string;
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  readonly config?: Record<string, unknown>;
  /** Chat template. */
  readonly template?: string;
  /** Special tokens besides the usual three: outside the model's own vocabulary, as published models have them. */
  readonly special?: readonly string[];
}

const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const MERGES = ['t h', 'th e', 'Ġ t', 'Ġ a', 'i n', 'e r', 'o n', 'r e'];
export const TINY_VOCAB = SPECIAL.length + 256 + MERGES.length;
const TEMPLATE =
  "{% for m in messages %}{% if m.role not in ['system','user','assistant'] %}{{ raise_exception('unknown role') }}{% endif %}" +
  '<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

const BASE_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 64,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  intermediate_size: 160,
  vocab_size: TINY_VOCAB,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
  eos_token_id: [0, 2],
  hidden_act: 'silu',
};

/** Writes a model folder with random weights and a byte-level tokenizer to a temporary directory. */
export async function writeTinyModel({
  seed = 'tiny',
  dtype = 'F16',
  config = {},
  template = TEMPLATE,
  special = [],
}: TinyModelOptions = {}): Promise<{ dir: string; remove(): Promise<void> }> {
  const root = await mkdtemp(path.join(tmpdir(), 'cortensord-model-'));
  const dir = path.join(root, `tiny-${seed}`);
  await mkdir(dir);
  const full: Record<string, unknown> = { ...BASE_CONFIG, vocab_size: TINY_VOCAB + special.length, ...config };
  await writeFile(path.join(dir, 'config.json'), JSON.stringify(full));
  await writeFile(path.join(dir, 'tokenizer.json'), JSON.stringify(tokenizerJson(special)));
  await writeFile(path.join(dir, 'tokenizer_config.json'), JSON.stringify({ chat_template: template, eos_token: '<|im_end|>' }));
  await writeFile(path.join(dir, 'card.md'), `---\nname: tiny-${seed}\nlicense: Apache-2.0\n---\n# Random weights\n`);
  await writeFile(path.join(dir, 'model.safetensors'), await safetensors(full, seed, dtype));
  return { dir, remove: () => rm(root, { recursive: true }) };
}

async function safetensors(config: Record<string, unknown>, seed: string, dtype: 'F32' | 'F16' | 'BF16'): Promise<Buffer> {
  const source = syntheticWeights(seed);
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Buffer[] = [];
  let at = 0;
  for (const [name, shape] of tensorShapes(config)) {
    const values = await source.read(name, shape);
    const bytes = encode(values, dtype);
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, ...parts]);
}

function tensorShapes(config: Record<string, unknown>): [string, number[]][] {
  const n = (key: string): number => config[key] as number;
  const [hidden, vocab, inner] = [n('hidden_size'), n('vocab_size'), n('intermediate_size')];
  const [q, kv] = [n('num_attention_heads') * n('head_dim'), n('num_key_value_heads') * n('head_dim')];
  const shapes: [string, number[]][] = [
    ['model.embed_tokens.weight', [vocab, hidden]],
    ['model.norm.weight', [hidden]],
  ];
  if (config.tie_word_embeddings !== true) shapes.push(['lm_head.weight', [vocab, hidden]]);
  const bias = (config.architectures as string[])[0] === 'Qwen2ForCausalLM';
  for (let layer = 0; layer < n('num_hidden_layers'); layer++) {
    const prefix = `model.layers.${layer}`;
    shapes.push([`${prefix}.input_layernorm.weight`, [hidden]], [`${prefix}.post_attention_layernorm.weight`, [hidden]]);
    for (const [part, outputs] of [
      ['q', q],
      ['k', kv],
      ['v', kv],
    ] as const) {
      shapes.push([`${prefix}.self_attn.${part}_proj.weight`, [outputs, hidden]]);
      if (bias) shapes.push([`${prefix}.self_attn.${part}_proj.bias`, [outputs]]);
    }
    shapes.push([`${prefix}.self_attn.o_proj.weight`, [hidden, q]]);
    shapes.push([`${prefix}.mlp.gate_proj.weight`, [inner, hidden]], [`${prefix}.mlp.up_proj.weight`, [inner, hidden]]);
    shapes.push([`${prefix}.mlp.down_proj.weight`, [hidden, inner]]);
  }
  return shapes;
}

function encode(values: Float32Array, dtype: 'F32' | 'F16' | 'BF16'): Buffer {
  const bytes = Buffer.alloc(values.length * (dtype === 'F32' ? 4 : 2));
  const f16 = new Float16Array(1);
  const f16Bits = new Uint16Array(f16.buffer);
  const f32 = new Float32Array(1);
  const f32Bits = new Uint32Array(f32.buffer);
  values.forEach((value, i) => {
    if (dtype === 'F32') bytes.writeFloatLE(value, 4 * i);
    if (dtype === 'F16') {
      f16[0] = value;
      bytes.writeUInt16LE(f16Bits[0] as number, 2 * i);
    }
    if (dtype === 'BF16') {
      f32[0] = value;
      bytes.writeUInt16LE((f32Bits[0] as number) >>> 16, 2 * i);
    }
  });
  return bytes;
}

/** GPT-2's byte alphabet, a few merges, three special tokens. */
function tokenizerJson(more: readonly string[]): unknown {
  const alphabet = byteAlphabet();
  const plain = [...SPECIAL, ...alphabet, ...MERGES.map((merge) => merge.replace(' ', ''))];
  const tokens = [...plain, ...more];
  return {
    version: '1.0',
    added_tokens: [...SPECIAL, ...more].map((content) => ({
      id: tokens.indexOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      vocab: Object.fromEntries(plain.map((token, id) => [token, id])),
      merges: MERGES,
    },
  };
}

function byteAlphabet(): string[] {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}
