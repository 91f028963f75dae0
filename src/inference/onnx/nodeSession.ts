import { InferenceSession } from 'onnxruntime-node';
import { inferenceError } from '../errors.ts';

/** Settings of a session on onnxruntime-node, the same for all that it runs. */
export function nodeOptions(provider: 'cpu' | 'webgpu', threads: number): InferenceSession.SessionOptions {
  return { executionProviders: [provider], intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
}

/** @throws MODEL_INVALID when ONNX Runtime refuses the file */
export function openNodeSession(file: string, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(file, nodeOptions('cpu', threads)).catch((error: unknown) => {
    throw inferenceError('MODEL_INVALID', `${file} is refused by ONNX Runtime`, { file }, error);
  });
}
