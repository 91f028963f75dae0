import { open } from 'node:fs/promises';
import { GGUF_BLOCK as BLOCK } from '../../src/inference/graph/blocks.ts';
import type { DecoderShape } from '../../src/inference/graph/shape.ts';
import type { WeightSource } from '../../src/inference/graph/weightSource.ts';

/** ggml's ids of tensor types and of what a file mostly holds (ggml.h, llama.h). */
const TYPES = { F32: { tensor: 0, file: 0 }, Q8_0: { tensor: 8, file: 7 }, Q4_0: { tensor: 2, file: 2 } } as const;
export type MatrixType = keyof typeof TYPES;
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const STRING = 8;
const ARRAY = 9;
const ALIGNMENT = 32;
const NORMAL_TOKEN = 1;

/**
 * Writes a Llama decoder with tied embeddings as a GGUF file: matrices in the given type, norms in f32, and a byte-level tokenizer whose words mean
 * nothing. Rows of query and key are stored pair by pair, as the llama architecture has them. The file is what both engines read.
 */
export async function writeGguf(file: string, shape: DecoderShape, weights: WeightSource, type: MatrixType): Promise<void> {
  const tensors = tensorsOf(shape, type);
  const header = new GgufBytes();
  header.raw(Buffer.from('GGUF')).u32(3).u64(tensors.length).u64(metadata(shape, type).length);
  for (const [key, kind, write] of metadata(shape, type)) {
    header.text(key).u32(kind);
    write(header);
  }
  let offset = 0;
  for (const { name, dims, quantised } of tensors) {
    header.text(name).u32(dims.length);
    for (const dim of [...dims].reverse()) header.u64(dim);
    header.u32(quantised ? TYPES[type].tensor : TYPES.F32.tensor).u64(offset);
    offset += padded(bytesOf(dims, quantised ? type : 'F32'));
  }
  const out = await open(file, 'w');
  try {
    await out.write(header.padTo(ALIGNMENT));
    for (const { source, dims, quantised, pairs } of tensors) {
      const values = await weights.read(source, dims);
      const rows = pairs ? pairRows(values, dims[0] as number, shape.headSize) : values;
      const bytes = encode(rows, quantised ? type : 'F32');
      await out.write(bytes);
      await out.write(Buffer.alloc(padded(bytes.length) - bytes.length));
    }
  } finally {
    await out.close();
  }
}

interface TensorPlan {
  readonly name: string;
  /** Its Hugging Face name. */
  readonly source: string;
  readonly dims: readonly number[];
  readonly quantised: boolean;
  readonly pairs: boolean;
}

function tensorsOf(shape: DecoderShape, type: MatrixType): TensorPlan[] {
  const { vocab, hidden, heads, kvHeads, headSize, intermediate, layers } = shape;
  const matrix = (name: string, source: string, rows: number, columns: number, pairs = false): TensorPlan => ({
    name,
    source,
    dims: [rows, columns],
    quantised: type !== 'F32',
    pairs,
  });
  const norm = (name: string, source: string): TensorPlan => ({ name, source, dims: [hidden], quantised: false, pairs: false });
  const layer = (i: number): TensorPlan[] => {
    const [to, from] = [`blk.${i}`, `model.layers.${i}`];
    return [
      norm(`${to}.attn_norm.weight`, `${from}.input_layernorm.weight`),
      norm(`${to}.ffn_norm.weight`, `${from}.post_attention_layernorm.weight`),
      matrix(`${to}.attn_q.weight`, `${from}.self_attn.q_proj.weight`, heads * headSize, hidden, true),
      matrix(`${to}.attn_k.weight`, `${from}.self_attn.k_proj.weight`, kvHeads * headSize, hidden, true),
      matrix(`${to}.attn_v.weight`, `${from}.self_attn.v_proj.weight`, kvHeads * headSize, hidden),
      matrix(`${to}.attn_output.weight`, `${from}.self_attn.o_proj.weight`, hidden, heads * headSize),
      matrix(`${to}.ffn_gate.weight`, `${from}.mlp.gate_proj.weight`, intermediate, hidden),
      matrix(`${to}.ffn_up.weight`, `${from}.mlp.up_proj.weight`, intermediate, hidden),
      matrix(`${to}.ffn_down.weight`, `${from}.mlp.down_proj.weight`, hidden, intermediate),
    ];
  };
  return [
    matrix('token_embd.weight', 'model.embed_tokens.weight', vocab, hidden),
    norm('output_norm.weight', 'model.norm.weight'),
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
  ];
}

type Entry = readonly [key: string, kind: number, write: (bytes: GgufBytes) => void];

function metadata(shape: DecoderShape, type: MatrixType): Entry[] {
  const text = (key: string, value: string): Entry => [key, STRING, (bytes) => bytes.text(value)];
  const count = (key: string, value: number): Entry => [key, UINT32, (bytes) => bytes.u32(value)];
  const real = (key: string, value: number): Entry => [key, FLOAT32, (bytes) => bytes.f32(value)];
  const list = (key: string, kind: number, length: number, write: (bytes: GgufBytes, i: number) => void): Entry => [
    key,
    ARRAY,
    (bytes) => {
      bytes.u32(kind).u64(length);
      for (let i = 0; i < length; i++) write(bytes, i);
    },
  ];
  const word = (i: number): string => `w${i.toString(36)}`;
  return [
    text('general.architecture', 'llama'),
    count('general.file_type', TYPES[type].file),
    count('general.alignment', ALIGNMENT),
    count('llama.context_length', 8_192),
    count('llama.embedding_length', shape.hidden),
    count('llama.block_count', shape.layers),
    count('llama.feed_forward_length', shape.intermediate),
    count('llama.attention.head_count', shape.heads),
    count('llama.attention.head_count_kv', shape.kvHeads),
    count('llama.rope.dimension_count', shape.headSize),
    real('llama.attention.layer_norm_rms_epsilon', shape.normEps),
    real('llama.rope.freq_base', shape.rope.theta),
    count('llama.vocab_size', shape.vocab),
    text('tokenizer.ggml.model', 'gpt2'),
    text('tokenizer.ggml.pre', 'smollm'),
    list('tokenizer.ggml.tokens', STRING, shape.vocab, (bytes, i) => bytes.text(word(i))),
    list('tokenizer.ggml.token_type', INT32, shape.vocab, (bytes) => bytes.u32(NORMAL_TOKEN)),
    list('tokenizer.ggml.merges', STRING, 1, (bytes) => bytes.text('w 0')),
    count('tokenizer.ggml.bos_token_id', 1),
    count('tokenizer.ggml.eos_token_id', 2),
  ];
}

/** Row h · headSize / 2 + i of each head becomes row 2i + h. */
function pairRows(values: Float32Array, rows: number, headSize: number): Float32Array {
  const width = values.length / rows;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / headSize), row % headSize];
    const from = head * headSize + (within % 2) * (headSize / 2) + (within >> 1);
    out.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
  return out;
}

const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function bytesOf(dims: readonly number[], type: MatrixType): number {
  const numbers = dims.reduce((product, dim) => product * dim, 1);
  return type === 'F32' ? 4 * numbers : (numbers / BLOCK) * (2 + BLOCK / (type === 'Q8_0' ? 1 : 2));
}

/** Q8_0: scale = greatest / 127; Q4_0: scale = entry of greatest magnitude / −8; both rounded to f16 first. */
function encode(values: Float32Array, type: MatrixType): Buffer {
  if (type === 'F32') return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const blocks = values.length / BLOCK;
  const blockBytes = bytesOf([BLOCK], type);
  const out = Buffer.alloc(blocks * blockBytes);
  for (let block = 0; block < blocks; block++) {
    const row = values.subarray(block * BLOCK, (block + 1) * BLOCK);
    const greatest = row.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    const bits = f16(type === 'Q8_0' ? Math.abs(greatest) / 127 : greatest / -8);
    const scale = f16Value(bits);
    const q = (i: number): number => (scale === 0 ? 0 : Math.round((row[i] as number) / scale));
    const at = block * blockBytes;
    out.writeUInt16LE(bits, at);
    if (type === 'Q8_0') for (let i = 0; i < BLOCK; i++) out.writeInt8(Math.max(-127, Math.min(127, q(i))), at + 2 + i);
    else {
      const nibble = (i: number): number => Math.max(0, Math.min(15, q(i) + 8));
      for (let i = 0; i < BLOCK / 2; i++) out[at + 2 + i] = nibble(i) | (nibble(i + BLOCK / 2) << 4);
    }
  }
  return out;
}

/** The nearest binary16 of a normal number; smaller ones become 0. */
function f16(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(magnitude));
  const fraction = Math.round((magnitude / 2 ** exponent - 1) * 1_024);
  return (value < 0 ? 0x8000 : 0) | (((exponent + 15) << 10) + fraction);
}

const f16Value = (bits: number): number =>
  bits === 0 ? 0 : (bits & 0x8000 ? -1 : 1) * (1 + (bits & 0x3ff) / 1_024) * 2 ** (((bits >> 10) & 31) - 15);

class GgufBytes {
  readonly #parts: Buffer[] = [];
  #length = 0;

  raw(bytes: Buffer): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return this.raw(bytes);
  }

  u64(value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return this.raw(bytes);
  }

  f32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return this.raw(bytes);
  }

  text(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    return this.u64(bytes.length).raw(bytes);
  }

  padTo(alignment: number): Buffer {
    const rest = (alignment - (this.#length % alignment)) % alignment;
    return Buffer.concat([...this.#parts, Buffer.alloc(rest)]);
  }
}
