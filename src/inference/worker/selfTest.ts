import type { Backend } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import { buildDecoder } from '../graph/decoder.ts';
import type { DecoderShape } from '../graph/shape.ts';
import { syntheticWeights } from '../graph/syntheticWeights.ts';
import { PACKAGE_VERSION } from '../onnx/ortPackage.ts';
import type { ProviderName } from '../provider.ts';

const SHAPE: DecoderShape = {
  architecture: 'LlamaForCausalLM',
  vocab: 32,
  hidden: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  intermediate: 64,
  normEps: 1e-5,
  rope: { theta: 10_000, scaling: { kind: 'none' } },
  tiedEmbeddings: true,
  qkvBias: false,
  outputBias: false,
  mlpBias: false,
  qkNorm: false,
};
const CONTEXT_TOKENS = 16;
const IDS = Uint32Array.of(3, 17, 8, 30, 1, 22);
/** First logits after {@link IDS}, as the CPU gives them. */
const GOLDEN = [-0.23875472, -0.66685843, 4.9731784, -0.1096083, -2.783376];
/** Differences between passes, and from the golden logits: 1e-6 on the CPU, where logits reach 5. */
const TOLERANCE: Readonly<Record<ProviderName, number>> = { cpu: 1e-4, cuda: 1e-3, webgpu: 1e-3 };

/** Over the numbers of `a`; not a number when one of them is none. */
function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
}

/**
 * Runs a tiny decoder in one pass and in three (two chunks and a decode step, in another row), then a decode step of both rows: equal results show
 * that the operators work, that the cache is written in place at the right offset, and that each row keeps its own length. The golden logits show that they are the right ones.
 *
 * @returns what runs worse than it could
 * @throws BACKEND_UNAVAILABLE when the results differ, or the library is of another version than its package
 */
export async function selfTest(backend: Backend): Promise<string | undefined> {
  const { runtimeVersion, provider } = backend;
  if (runtimeVersion !== PACKAGE_VERSION) {
    const message = `the library is ONNX Runtime ${runtimeVersion}, its package ${PACKAGE_VERSION}; install onnxruntime-node again`;
    throw inferenceError('BACKEND_UNAVAILABLE', message, { runtimeVersion });
  }
  const model = await buildDecoder(SHAPE, syntheticWeights('self-test'), CONTEXT_TOKENS, 'fp32', backend.graph);
  const session = await backend.open({ model, shape: SHAPE, rows: 2, contextTokens: CONTEXT_TOKENS, stepTokensMax: 8, threads: 1 });
  try {
    const pass = async (first: number, from: number, to: number): Promise<Float32Array> => {
      const ids = IDS.subarray(from, to);
      return (await session.run({ first, count: 1, length: ids.length, ids, past: Uint32Array.of(from), keep: 1 })).logits.slice();
    };
    const whole = await pass(0, 0, 6);
    await pass(1, 0, 3);
    const before = await pass(1, 3, 5);
    const stepped = await pass(1, 5, 6);
    // Rows of different lengths beside each other: the last but one token again in row 0, the last in row 1.
    const beside = (await session.run({ first: 0, count: 2, length: 1, ids: IDS.slice(4), past: Uint32Array.of(4, 5), keep: 1 })).logits;
    const difference = Math.max(
      greatestDifference(whole, stepped),
      greatestDifference(before, beside.subarray(0, SHAPE.vocab)),
      greatestDifference(whole, beside.subarray(SHAPE.vocab)),
    );
    const error = greatestDifference(GOLDEN, whole);
    if (!(difference <= TOLERANCE[provider]) || !(error <= TOLERANCE[provider])) {
      const message = `self-test of ${backend.name} on ${provider}: logits lie ${error} from the right ones, ${difference} from each other`;
      throw inferenceError('BACKEND_UNAVAILABLE', message, { difference, error });
    }
    return session.warning;
  } finally {
    await session.close();
  }
}
