import { platform } from 'node:os';
import path from 'node:path';
import koffi from 'koffi';
import { inferenceError } from '../errors.ts';
import { openLibrary } from '../nativeLibrary.ts';
import { TENSOR_TYPE, type TensorType } from './graphWriter.ts';
import { NativeStrings } from './nativeMemory.ts';
import { LIBRARY_DIR } from './ortPackage.ts';

/** An address in native memory. */
export type Pointer = bigint;

/** An input or output of a session. */
export interface ValueInfo {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: string;
  /** Sizes that are given at run time are texts. */
  readonly shape: readonly (number | string)[];
}

/** The table is only ever extended at its end: asking for version 18 gives the entries below in every later library. */
const API_VERSION = 18;
const ENTRIES = 217;
/** Warnings are a line a layer on where CUDA runs what, and that ScatterND trusts its indices; errors are thrown as well. */
const LOG_ERROR = 3;
const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;

/** Positions in OrtApi (onnxruntime_c_api.h) with the C signature of each function used here. */
const FUNCTIONS = {
  getErrorMessage: [2, 'const char* (void* status)'],
  createEnv: [3, 'void* (int level, const char* id, _Out_ void** out)'],
  createSession: [7, `void* (void* env, const ${platform() === 'win32' ? 'char16_t' : 'char'}* path, void* options, _Out_ void** out)`],
  createSessionFromArray: [8, 'void* (void* env, void* data, size_t bytes, void* options, _Out_ void** out)'],
  run: [9, 'void* (void* session, void* options, void* inNames, void* ins, size_t inCount, void* outNames, size_t outCount, void* outs)'],
  createSessionOptions: [10, 'void* (_Out_ void** out)'],
  setIntraOpThreads: [24, 'void* (void* options, int threads)'],
  setInterOpThreads: [25, 'void* (void* options, int threads)'],
  inputCount: [30, 'void* (void* session, _Out_ size_t* out)'],
  outputCount: [31, 'void* (void* session, _Out_ size_t* out)'],
  inputType: [33, 'void* (void* session, size_t index, _Out_ void** out)'],
  outputType: [34, 'void* (void* session, size_t index, _Out_ void** out)'],
  inputName: [36, 'void* (void* session, size_t index, void* allocator, _Out_ void** out)'],
  outputName: [37, 'void* (void* session, size_t index, void* allocator, _Out_ void** out)'],
  createTensor: [49, 'void* (void* memory, void* data, size_t bytes, int64_t* dims, size_t rank, int type, _Out_ void** out)'],
  tensorInfo: [55, 'void* (void* type, _Out_ void** out)'],
  elementType: [60, 'void* (void* info, _Out_ int* out)'],
  dimensionCount: [61, 'void* (void* info, _Out_ size_t* out)'],
  dimensions: [62, 'void* (void* info, void* out, size_t count)'],
  createMemoryInfo: [68, 'void* (const char* name, int allocator, int device, int memory, _Out_ void** out)'],
  createCpuMemoryInfo: [69, 'void* (int allocator, int memory, _Out_ void** out)'],
  allocatorFree: [76, 'void* (void* allocator, void* memory)'],
  defaultAllocator: [78, 'void* (_Out_ void** out)'],
  releaseStatus: [93, 'void (void* status)'],
  releaseMemoryInfo: [94, 'void (void* memory)'],
  releaseSession: [95, 'void (void* session)'],
  releaseValue: [96, 'void (void* value)'],
  releaseTypeInfo: [98, 'void (void* type)'],
  releaseSessionOptions: [100, 'void (void* options)'],
  appendCuda: [204, 'void* (void* options, void* cuda)'],
  createCudaOptions: [205, 'void* (_Out_ void** out)'],
  updateCudaOptions: [206, 'void* (void* cuda, void* keys, void* values, size_t count)'],
  releaseCudaOptions: [208, 'void (void* cuda)'],
  appendProvider: [216, 'void* (void* options, const char* name, void* keys, void* values, size_t count)'],
} as const;
type Native = Record<keyof typeof FUNCTIONS, (...values: unknown[]) => unknown>;

/** The few functions of ONNX Runtime's C API that the engine needs, called in the library that onnxruntime-node brings along. */
export class OrtApi {
  readonly version: string;
  readonly #native: Native;
  readonly #env: Pointer;
  readonly #cpuMemory: Pointer;
  /** Keeps the library loaded. */
  readonly library: unknown;

  constructor() {
    const library = openLibrary(libraryPath());
    this.library = library;
    const base = library.func('void* OrtGetApiBase()')() as Pointer;
    const [getApi, getVersion] = koffi.decode(base, 'void*', 2) as [Pointer, Pointer];
    this.version = functionAt(getVersion, 'const char* OrtVersion()')() as string;
    const table = functionAt(getApi, 'void* OrtGetApi(uint32_t version)')(API_VERSION) as Pointer | null;
    if (table === null) throw inferenceError('BACKEND_UNAVAILABLE', `ONNX Runtime ${this.version} has no API ${API_VERSION}`);
    const entries = koffi.decode(table, 'void*', ENTRIES) as Pointer[];
    this.#native = Object.fromEntries(
      Object.entries(FUNCTIONS).map(([name, [index, signature]]) => [
        name,
        functionAt(entries[index] as Pointer, signature.replace(' (', ` Ort_${name}(`)),
      ]),
    ) as Native;
    this.#env = this.#out('createEnv', LOG_ERROR, 'cortensord');
    this.#cpuMemory = this.#out('createCpuMemoryInfo', DEVICE_ALLOCATOR, DEFAULT_MEMORY);
  }

  /** @param model bytes, or the path of a file, whose folder may hold weights. @param append adds execution providers to the session's options; without it the CPU computes */
  createSession(model: Uint8Array | string, threads: number, append?: (options: Pointer) => void): Pointer {
    const options = this.#out('createSessionOptions');
    try {
      append?.(options);
      this.#check(this.#native.setIntraOpThreads(options, threads));
      this.#check(this.#native.setInterOpThreads(options, 1));
      if (typeof model === 'string') return this.#out('createSession', this.#env, model, options);
      return this.#out('createSessionFromArray', this.#env, model, model.length, options);
    } finally {
      this.#native.releaseSessionOptions(options);
    }
  }

  /** Names, types and shapes, in the order of the file. */
  values(session: Pointer, kind: 'input' | 'output'): ValueInfo[] {
    const allocator = this.#out('defaultAllocator');
    return Array.from({ length: Number(this.#out(`${kind}Count`, session)) }, (_, i) => {
      const text = this.#out(`${kind}Name`, session, i, allocator);
      const name = koffi.decode(text, 'char', -1) as string;
      this.#check(this.#native.allocatorFree(allocator, text));
      const type = this.#out(`${kind}Type`, session, i);
      try {
        return { name, ...this.#tensorInfo(this.#out('tensorInfo', type)) };
      } finally {
        this.#native.releaseTypeInfo(type);
      }
    });
  }

  #tensorInfo(info: Pointer | null): Omit<ValueInfo, 'name'> {
    if (info === null) return { isTensor: false, type: 'none', shape: [] };
    const element = Number(this.#out('elementType', info));
    const dims = new BigInt64Array(Number(this.#out('dimensionCount', info)));
    this.#check(this.#native.dimensions(info, dims, dims.length));
    const known = Object.entries(TENSOR_TYPE).find(([, value]) => value === element)?.[0];
    return {
      isTensor: true,
      type: known ?? `ONNX type ${element}`,
      shape: Array.from(dims, (dim) => (dim < 0n ? '' : Number(dim))),
    };
  }

  /** Settings as in ONNX Runtime's CUDA provider options. Throws when the provider's libraries do not load. */
  appendCuda(options: Pointer, settings: Readonly<Record<string, string>>): void {
    const cuda = this.#out('createCudaOptions');
    try {
      withSettings(settings, (keys, values, count) => this.#check(this.#native.updateCudaOptions(cuda, keys, values, count)));
      this.#check(this.#native.appendCuda(options, cuda));
    } finally {
      this.#native.releaseCudaOptions(cuda);
    }
  }

  /** A provider that is known by name: 'WebGPU'. */
  appendProvider(options: Pointer, name: string, settings: Readonly<Record<string, string>>): void {
    withSettings(settings, (keys, values, count) => this.#check(this.#native.appendProvider(options, name, keys, values, count)));
  }

  /** Describes memory of a device to {@link createTensor}; release it when no tensor uses it. @param name 'Cuda' */
  deviceMemory(name: string, device: number): Pointer {
    return this.#out('createMemoryInfo', name, DEVICE_ALLOCATOR, device, DEFAULT_MEMORY);
  }

  releaseMemory(memory: Pointer): void {
    this.#native.releaseMemoryInfo(memory);
  }

  /** A tensor over memory that it does not own; `memory` says on which device it lies, the CPU's by default. */
  createTensor(type: TensorType, address: Pointer, bytes: number, dims: readonly number[], memory = this.#cpuMemory): Pointer {
    return this.#out('createTensor', memory, address, bytes, BigInt64Array.from(dims, BigInt), dims.length, TENSOR_TYPE[type]);
  }

  /** Computes on the calling thread; outputs go to the given tensors. */
  run(session: Pointer, inputNames: BigUint64Array, inputs: BigUint64Array, outputNames: BigUint64Array, outputs: BigUint64Array): void {
    this.#check(this.#native.run(session, null, inputNames, inputs, inputs.length, outputNames, outputs.length, outputs));
  }

  releaseTensor(tensor: Pointer): void {
    this.#native.releaseValue(tensor);
  }

  releaseSession(session: Pointer): void {
    this.#native.releaseSession(session);
  }

  #out(name: keyof Native, ...values: unknown[]): Pointer {
    const out: (Pointer | null)[] = [null];
    this.#check(this.#native[name](...values, out));
    return out[0] as Pointer;
  }

  #check(status: unknown): void {
    if (status === null || status === 0n) return;
    const message = this.#native.getErrorMessage(status) as string;
    this.#native.releaseStatus(status);
    throw new Error(`ONNX Runtime: ${message}`);
  }
}

let shared: OrtApi | undefined;

/** The one of this process: the library takes its settings once. */
export function ortApi(): OrtApi {
  shared ??= new OrtApi();
  return shared;
}

function functionAt(address: Pointer, signature: string): (...values: unknown[]) => unknown {
  return koffi.decode(address, koffi.proto(signature)) as (...values: unknown[]) => unknown;
}

function withSettings(
  settings: Readonly<Record<string, string>>,
  use: (keys: BigUint64Array, values: BigUint64Array, count: number) => void,
): void {
  const [keys, values] = [new NativeStrings(Object.keys(settings)), new NativeStrings(Object.values(settings))];
  try {
    use(keys.addresses, values.addresses, keys.addresses.length);
  } finally {
    keys.free();
    values.free();
  }
}

function libraryPath(): string {
  const file = { linux: 'libonnxruntime.so.1', darwin: 'libonnxruntime.1.dylib', win32: 'onnxruntime.dll' }[platform() as string];
  if (file === undefined) throw inferenceError('BACKEND_UNAVAILABLE', `onnxruntime-node brings no library for ${platform()}`);
  return path.join(LIBRARY_DIR, file);
}
