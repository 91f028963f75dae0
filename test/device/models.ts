import path from 'node:path';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { writeTinyModel } from '../integration/inference/tinyModel.ts';

export interface DeviceModel {
  readonly name: string;
  readonly dir: string;
  /** Prompts that are served beside each other, and tokens of each answer. */
  readonly prompts: number;
  readonly outputTokens: number;
  remove(): Promise<void>;
}

/** SmolLM2-135M's sizes. */
const SMOLLM = {
  vocab_size: 49_152,
  hidden_size: 576,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  intermediate_size: 1536,
  rope_theta: 100_000,
  max_position_embeddings: 8_192,
  // No end token: rows shall be of one length.
  eos_token_id: [],
};

const KEPT = async (): Promise<void> => undefined;

/** 'tiny' has random weights and a small context, 'smollm' random weights of SmolLM2-135M's shape (270 MB, written in a minute); 'default' is the bundled one. */
export const MODELS: Readonly<Record<string, () => Promise<DeviceModel>>> = {
  tiny: async () => ({ name: 'tiny', prompts: 8, outputTokens: 128, ...(await writeTinyModel()) }),
  default: async () => ({ name: 'default', prompts: 24, outputTokens: 256, dir: DEFAULT_MODEL_DIR, remove: KEPT }),
  smollm: async () => ({ name: 'smollm', prompts: 4, outputTokens: 128, ...(await writeTinyModel({ seed: 'smollm', config: SMOLLM })) }),
};

/** @param which one of {@link MODELS}, or a model folder */
export async function openModel(which: string): Promise<DeviceModel> {
  const known = MODELS[which];
  if (known !== undefined) return known();
  if (!which.includes(path.sep)) throw new Error(`${which}: a folder, or one of ${Object.keys(MODELS).join(', ')}`);
  return { name: path.basename(which), prompts: 4, outputTokens: 128, dir: path.resolve(which), remove: KEPT };
}
