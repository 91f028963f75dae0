import path from 'node:path';
import type { Backend, Session } from '../backend.ts';
import { DRAFT_TOKENS_MAX } from '../draft.ts';
import { inferenceError } from '../errors.ts';
import { GGUF_BLOCK } from '../graph/blocks.ts';
import { buildDecoder, type GraphTarget } from '../graph/decoder.ts';
import { type DecoderShape, decoderShape } from '../graph/shape.ts';
import { GRAPH_BYTES_MAX, graphBytes } from '../graph/size.ts';
import type { ModelManifest } from '../models.ts';
import { checkExternalData } from '../onnx/externalData.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import type { ProfileName } from '../profile.ts';
import { type Quantisation, quantisationOf } from '../quantisation.ts';
import { openWeights } from '../weights.ts';
import { openExport } from './openExport.ts';

/**
 * Opens a session on a model folder: the engine's own graph from weights, or the folder's ONNX export as it is.
 *
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED
 */
export async function openSession(
  manifest: ModelManifest,
  contextTokens: number,
  backend: Backend,
  options: ResolvedEngineOptions,
): Promise<{ readonly session: Session; readonly profile: ProfileName }> {
  // One more than there are slots: scratch space for exchanging two.
  const rows = options.slots + 1 + options.prefixRows;
  const { threads } = options;
  const stepTokensMax = Math.max(options.slots, options.prefillChunkTokens, 1 + DRAFT_TOKENS_MAX);
  if (manifest.format === 'onnx') {
    const [model, ...data] = manifest.weightFiles as [string, ...string[]];
    const file = path.join(manifest.dir, model);
    await checkExternalData(
      file,
      data.map((name) => path.posix.basename(name)),
    );
    const init = { file, vocab: manifest.vocab, rows, contextTokens, stepTokensMax, threads };
    return { session: await openExport(backend.name, init), profile: 'onnx' };
  }
  const shape = decoderShape(manifest.config);
  const quantisation = options.quantisation === 'auto' ? quantisationOf(manifest.config) : options.quantisation;
  const model = await buildGraph(manifest, shape, contextTokens, quantisation, backend.graph);
  try {
    return { session: await backend.open({ model, shape, rows, contextTokens, stepTokensMax, threads }), profile: quantisation };
  } catch (error) {
    if (backend.provider === 'cpu') throw error;
    const message = `${backend.provider} does not take ${manifest.name}: ${(error as Error).message}; ${remedy(options)}`;
    throw inferenceError('BACKEND_UNAVAILABLE', message, { provider: backend.provider, model: manifest.id }, error);
  }
}

const remedy = ({ gpuMemoryMiB }: ResolvedEngineOptions): string =>
  gpuMemoryMiB === 0
    ? 'free memory of the device, or set the provider to cpu'
    : `raise gpuMemoryMiB (${gpuMemoryMiB}), or set the provider to cpu`;

async function buildGraph(
  manifest: ModelManifest,
  shape: DecoderShape,
  contextTokens: number,
  quantisation: Quantisation,
  target: GraphTarget,
): Promise<Uint8Array> {
  const bytes = graphBytes(shape, contextTokens, quantisation, manifest.format === 'gguf' ? GGUF_BLOCK : undefined);
  if (bytes > GRAPH_BYTES_MAX) {
    const message = `${shape.architecture} of ${bytes} bytes in ${quantisation}; at most ${GRAPH_BYTES_MAX} are built`;
    throw inferenceError('MODEL_UNSUPPORTED', message, { bytes, bytesMax: GRAPH_BYTES_MAX, quantisation });
  }
  const weights = await openWeights(manifest.dir, manifest, shape);
  try {
    return await buildDecoder(shape, weights, contextTokens, quantisation, target);
  } finally {
    await weights.close();
  }
}
