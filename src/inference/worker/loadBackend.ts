import type { Backend } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import type { ProviderName } from '../provider.ts';
import type { BackendName } from '../types.ts';

export interface ProviderChoice {
  readonly provider: ProviderName;
  readonly gpuMemoryMiB: number;
}

/** @throws BACKEND_UNAVAILABLE for CUDA through the binding; what the library says when it does not load */
export async function loadBackend(name: BackendName, { provider, gpuMemoryMiB }: ProviderChoice): Promise<Backend> {
  if (name === 'ortFfi') {
    const [{ openOrtFfi }, { providerOf }] = await Promise.all([import('../onnx/ortFfi.ts'), import('../onnx/providers.ts')]);
    return openOrtFfi(providerOf(provider, gpuMemoryMiB));
  }
  if (provider === 'cuda') throw inferenceError('BACKEND_UNAVAILABLE', 'CUDA runs through the C API only (backend ortFfi)');
  return (await import('../onnx/ortNode.ts')).ortNodeOn(provider);
}
