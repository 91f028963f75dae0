import type { GgufFile } from '../gguf.ts';
import { type BlockMatrix, GGUF_BLOCK, packNibbles } from '../graph/blocks.ts';
import type { WeightSource } from '../graph/weightSource.ts';
import { f16ToF32 } from '../halfFloat.ts';
import type { GgufTensor } from './header.ts';

/** Hugging Face names of tensors outside the layers, and of their parts inside. */
const TOP = new Map([
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
]);
const LAYER = new Map([
  ['input_layernorm', 'attn_norm'],
  ['post_attention_layernorm', 'ffn_norm'],
  ['self_attn.q_proj', 'attn_q'],
  ['self_attn.k_proj', 'attn_k'],
  ['self_attn.v_proj', 'attn_v'],
  ['self_attn.o_proj', 'attn_output'],
  ['self_attn.q_norm', 'attn_q_norm'],
  ['self_attn.k_norm', 'attn_k_norm'],
  ['mlp.gate_proj', 'ffn_gate'],
  ['mlp.up_proj', 'ffn_up'],
  ['mlp.down_proj', 'ffn_down'],
]);

/** 'model.layers.3.self_attn.q_proj.weight' → 'blk.3.attn_q.weight' (gguf-py tensor_mapping.py). Unknown names stay as they are. */
export function ggufName(name: string): string {
  const [, base = name, kind = ''] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  const [, layer, part] = /^model\.layers\.(\d+)\.(.*)$/.exec(base) ?? [];
  const mapped = layer === undefined || part === undefined ? TOP.get(base) : LAYER.get(part);
  if (mapped === undefined) return name;
  return layer === undefined ? `${mapped}.${kind}` : `blk.${layer}.${mapped}.${kind}`;
}

/**
 * Weights of a GGUF file under Hugging Face names. Rows of query and key of the llama architecture are stored pair by pair, for another form of
 * the rotary embedding; they are put back in order.
 *
 * @param headSize of llama models, undefined for the others
 */
export function ggufWeights(file: GgufFile, headSize: number | undefined): WeightSource {
  const isPaired = (name: string): boolean => headSize !== undefined && /\.self_attn\.[qk]_proj\./.test(name);
  return {
    async read(name, shape) {
      const values = await file.read(ggufName(name), shape);
      return isPaired(name) ? unpairRows(values, shape[0] as number, headSize as number) : values;
    },
    async readBlocks(name, rows, columns, bits) {
      const wanted = bits === 8 ? 'Q8_0' : 'Q4_0';
      if (file.tensor(ggufName(name))?.type.name !== wanted) return undefined;
      const { tensor, data } = await file.readBytes(ggufName(name), [rows, columns]);
      return toBlocks(tensor, isPaired(name) ? unpairRows(data, rows, headSize as number) : data, bits);
    },
  };
}

/** Row 2i + h of each head becomes row h · headSize / 2 + i (the inverse of `permute` in llama.cpp's convert_hf_to_gguf.py). */
function unpairRows<T extends Float32Array | Uint8Array>(values: T, rows: number, headSize: number): T {
  const width = values.length / rows;
  const out = values.slice() as T;
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / headSize), row % headSize];
    const from = head * headSize + 2 * (within % (headSize / 2)) + Math.floor((2 * within) / headSize);
    out.set(values.subarray(from * width, (from + 1) * width) as T & ArrayLike<number>, row * width);
  }
  return out;
}

/** Q8_0 and Q4_0 are blocks of 32 with a scale, as MatMulNBits has them: signed bytes move by 128, halves from 16 apart to neighbours. */
function toBlocks({ type }: GgufTensor, data: Uint8Array, bits: 4 | 8): BlockMatrix {
  const count = data.length / type.bytes;
  const blockBytes = (GGUF_BLOCK * bits) / 8;
  const out = new Uint8Array(count * blockBytes);
  const halves = new Uint16Array(count);
  const q = new Uint8Array(GGUF_BLOCK);
  for (let block = 0; block < count; block++) {
    const at = block * type.bytes;
    halves[block] = (data[at] as number) | ((data[at + 1] as number) << 8);
    if (bits === 8) {
      for (let i = 0; i < GGUF_BLOCK; i++) out[block * blockBytes + i] = (data[at + 2 + i] as number) ^ 128;
    } else {
      for (let i = 0; i < GGUF_BLOCK; i++) q[i] = ((data[at + 2 + (i & 15)] as number) >> (i < 16 ? 0 : 4)) & 15;
      packNibbles(q, out, block * blockBytes);
    }
  }
  return { bits, block: GGUF_BLOCK, data: out, scales: f16ToF32(halves) };
}
