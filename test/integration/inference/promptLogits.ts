import path from 'node:path';
import type { Session } from '../../../src/inference/backend.ts';
import { buildDecoder } from '../../../src/inference/graph/decoder.ts';
import { decoderShape } from '../../../src/inference/graph/shape.ts';
import type { WeightSource } from '../../../src/inference/graph/weightSource.ts';
import { readManifest } from '../../../src/inference/models.ts';
import { openOrtFfi } from '../../../src/inference/onnx/ortFfi.ts';
import { ortNode } from '../../../src/inference/onnx/ortNode.ts';
import type { Quantisation } from '../../../src/inference/quantisation.ts';
import type { BackendName } from '../../../src/inference/types.ts';
import { openWeights } from '../../../src/inference/weights.ts';
import { openExport } from '../../../src/inference/worker/openExport.ts';

/** Logits of every position of a prompt, in one pass: f32 [ids, vocab]. */
export async function promptLogits(
  dir: string,
  ids: Uint32Array,
  quantisation: Quantisation = 'fp32',
  backend: BackendName = 'ortFfi',
  change: (weights: WeightSource) => WeightSource = (weights) => weights,
): Promise<Float32Array> {
  const manifest = await readManifest(dir);
  const run = async (session: Session): Promise<Float32Array> => {
    try {
      const step = { first: 0, count: 1, length: ids.length, ids, past: Uint32Array.of(0), keep: ids.length };
      return (await session.run(step)).logits.slice();
    } finally {
      await session.close();
    }
  };
  const { contextTokens, vocab } = manifest;
  if (manifest.format === 'onnx') {
    const file = path.join(dir, manifest.weightFiles[0] as string);
    return run(await openExport(backend, { file, vocab, rows: 1, contextTokens, stepTokensMax: ids.length, threads: 1 }));
  }
  const shape = decoderShape(manifest.config);
  const weights = await openWeights(dir, manifest, shape);
  const model = await buildDecoder(shape, change(weights), contextTokens, quantisation).finally(() => weights.close());
  const init = { model, shape, rows: 1, contextTokens, stepTokensMax: ids.length, threads: 1 };
  return run(await (backend === 'ortFfi' ? openOrtFfi() : ortNode).open(init));
}
