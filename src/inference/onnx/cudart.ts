import { readFileSync } from 'node:fs';
import { openLibrary } from '../nativeLibrary.ts';
import type { Pointer } from './ortApi.ts';

/** A line of /proc/self/maps ends with the file that is mapped. */
const LIBRARY = /^\S+ \S+ \S+ \S+ \d+ +(\/.*\/libcudart\.so\.\d+[^/]*)$/m;
const DEVICE_TO_DEVICE = 3;

/** The few functions of the CUDA runtime that the cache needs. Each throws with CUDA's own words. */
export interface Cudart {
  /** Zeroed device memory. */
  alloc(bytes: number): Pointer;
  free(address: Pointer): void;
  /** Copies `width` bytes of each of `lines` lines that begin `pitch` bytes apart; lines may not overlap. */
  copyLines(to: Pointer, from: Pointer, pitch: number, width: number, lines: number): void;
  /** Waits until the device has done all that was asked: ONNX Runtime's stream does not wait for copies by itself. */
  synchronize(): void;
}

/**
 * The CUDA runtime that ONNX Runtime's provider brought into this process: of CUDA 12 or 13, as the provider was built, and wherever the linker
 * found it.
 *
 * @param maps as in /proc/self/maps
 * @throws when none is loaded
 */
export function loadedCudart(maps = readFileSync('/proc/self/maps', 'utf8')): string {
  const file = LIBRARY.exec(maps)?.[1];
  if (file === undefined) throw new Error('no CUDA runtime (libcudart.so) is loaded');
  return file;
}

/** @throws when the library is not found or has no such device */
export function openCudart(device: number, file = loadedCudart()): Cudart {
  const library = openLibrary(file);
  const message = library.func('const char* cudaGetErrorString(int error)') as (error: number) => string;
  const call = (signature: string): ((...values: unknown[]) => void) => {
    const native = library.func(signature) as (...values: unknown[]) => number;
    return (...values) => {
      const error = native(...values);
      if (error !== 0) throw new Error(`CUDA: ${message(error)} (${error})`);
    };
  };
  const malloc = call('int cudaMalloc(_Out_ void** out, size_t bytes)');
  const memset = call('int cudaMemset(void* address, int value, size_t bytes)');
  const free = call('int cudaFree(void* address)');
  const copy2d = call('int cudaMemcpy2D(void* to, size_t toPitch, void* from, size_t fromPitch, size_t width, size_t height, int kind)');
  const synchronize = call('int cudaDeviceSynchronize()');
  call('int cudaSetDevice(int device)')(device);
  return {
    alloc(bytes) {
      const out: (Pointer | null)[] = [null];
      malloc(out, bytes);
      const address = out[0] as Pointer;
      try {
        memset(address, 0, bytes);
        synchronize();
      } catch (error) {
        free(address);
        throw error;
      }
      return address;
    },
    free: (address) => free(address),
    copyLines: (to, from, pitch, width, lines) => copy2d(to, pitch, from, pitch, width, lines, DEVICE_TO_DEVICE),
    synchronize: () => synchronize(),
  };
}
