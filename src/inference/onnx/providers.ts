import { CPU_TARGET, type GraphTarget } from '../graph/decoder.ts';
import type { DecoderShape } from '../graph/shape.ts';
import type { ProviderName } from '../provider.ts';
import { type Cudart, openCudart } from './cudart.ts';
import { DeviceKv } from './deviceKv.ts';
import { HostKv, type KvStore } from './kvStore.ts';
import type { OrtApi, Pointer } from './ortApi.ts';

/** `CUDA_VISIBLE_DEVICES` picks another one. */
const DEVICE = 0;
const MIB = 1 << 20;

/** What the C API backend does differently for each execution provider. */
export interface Provider {
  readonly name: ProviderName;
  /** How graphs for it are written. */
  readonly graph: GraphTarget;
  /** Adds it to the options of a session. Undefined for the CPU, which is always there. @throws when it does not load */
  readonly append?: (api: ProviderApi, options: Pointer) => void;
  openCache(api: ProviderApi, shape: DecoderShape, rows: number, contextTokens: number): KvStore;
}

type ProviderApi = Pick<OrtApi, 'appendCuda' | 'appendProvider' | 'deviceMemory' | 'releaseMemory'>;

const hostCache: Provider['openCache'] = (_api, shape, rows, contextTokens) => new HostKv(shape, rows, contextTokens);

/** @param gpuMemoryMiB bound on what the provider takes for weights and computing; 0 is none */
export function providerOf(name: ProviderName, gpuMemoryMiB: number): Provider {
  if (name === 'cuda') return cudaProvider(gpuMemoryMiB);
  if (name === 'cpu') return { name, graph: CPU_TARGET, openCache: hostCache };
  // WebGPU keeps the cache with the CPU: it has no addresses that rows could be cut from.
  const graph: GraphTarget = { attention: 'fused', pairsRows: false };
  return { name, graph, append: (api, options) => api.appendProvider(options, 'WebGPU', {}), openCache: hostCache };
}

/** Full f32: TensorFloat-32 keeps 10 bits of a factor, and a guard on a CPU would see it. The cache stays on the device, or on the host if that fails. */
export function cudaProvider(gpuMemoryMiB: number, open: (device: number) => Cudart = openCudart): Provider {
  const settings = {
    device_id: String(DEVICE),
    use_tf32: '0',
    arena_extend_strategy: 'kSameAsRequested',
    do_copy_in_default_stream: '1',
    ...(gpuMemoryMiB === 0 ? {} : { gpu_mem_limit: String(gpuMemoryMiB * MIB) }),
  };
  return {
    name: 'cuda',
    graph: { attention: 'unfused', pairsRows: false },
    append: (api, options) => api.appendCuda(options, settings),
    openCache(api, shape, rows, contextTokens) {
      try {
        const cudart = open(DEVICE);
        const memory = api.deviceMemory('Cuda', DEVICE);
        return new DeviceKv({ cudart, memory, releaseMemory: (info) => api.releaseMemory(info), shape, rows, contextTokens });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return new HostKv(shape, rows, contextTokens, `the KV cache lies in host memory, which is slower: ${reason}`);
      }
    },
  };
}
