import assert from 'node:assert/strict';
import type { DecoderShape } from '../../../src/inference/graph/shape.ts';
import type { Cudart } from '../../../src/inference/onnx/cudart.ts';
import { HeapKvCache } from '../../../src/inference/onnx/kvCache.ts';
import { cudaProvider } from '../../../src/inference/onnx/providers.ts';

const SHAPE = { layers: 2, kvHeads: 3, headSize: 4 } as DecoderShape;
const [ROWS, CONTEXT] = [3, 5];
const ARRAY_BYTES = 4 * ROWS * CONTEXT * SHAPE.kvHeads * SHAPE.headSize;

/** A device of ordinary memory: array i begins at address (i + 1) · 2^32. */
function fakeDevice(arraysMax = 100) {
  const arrays = new Map<bigint, Uint8Array>();
  const at = (address: bigint): [Uint8Array, number] => [arrays.get((address >> 32n) << 32n) as Uint8Array, Number(address & 0xffff_ffffn)];
  let made = 0;
  let memories = 0;
  const cudart: Cudart = {
    alloc(bytes) {
      if (made === arraysMax) throw new Error('CUDA: out of memory (2)');
      const address = BigInt(++made) << 32n;
      arrays.set(address, new Uint8Array(bytes));
      return address;
    },
    free: (address) => assert.ok(arrays.delete(address), 'freed once'),
    copyLines(to, from, pitch, width, lines) {
      const [[target, t], [source, f]] = [at(to), at(from)];
      for (let line = 0; line < lines; line++) target.set(source.slice(f + line * pitch, f + line * pitch + width), t + line * pitch);
    },
    synchronize: () => undefined,
  };
  const settings: Record<string, string>[] = [];
  const api = {
    appendCuda: (_options: bigint, given: Readonly<Record<string, string>>) => void settings.push({ ...given }),
    appendProvider: () => assert.fail('not for CUDA'),
    deviceMemory: () => BigInt(++memories),
    releaseMemory: () => void memories--,
  };
  return { arrays, cudart, api, settings, memories: () => memories };
}

describe('inference/onnx/deviceKv', () => {
  it('copies rows as the cache on the host does', () => {
    const { arrays, cudart, api } = fakeDevice();
    const store = cudaProvider(0, () => cudart).openCache(api, SHAPE, ROWS, CONTEXT);
    const host = new HeapKvCache(SHAPE, ROWS, CONTEXT);
    for (const [i, address] of store.addresses.entries()) {
      const numbers = host.rows(i >> 1, i % 2 === 0 ? 'key' : 'value', 0, ROWS);
      for (let n = 0; n < numbers.length; n++) numbers[n] = 1000 * i + n;
      new Float32Array((arrays.get(address) as Uint8Array).buffer).set(numbers);
    }
    store.copyRow(2, 0, 4);
    host.copyRow(2, 0, 4);
    for (const [i, address] of store.addresses.entries()) {
      const device = new Float32Array((arrays.get(address) as Uint8Array).buffer);
      assert.deepEqual(device, host.rows(i >> 1, i % 2 === 0 ? 'key' : 'value', 0, ROWS).slice());
      assert.equal(device.byteLength, ARRAY_BYTES);
    }
  });

  it('gives everything back', () => {
    const { arrays, cudart, api, memories } = fakeDevice();
    const store = cudaProvider(0, () => cudart).openCache(api, SHAPE, ROWS, CONTEXT);
    assert.deepEqual([arrays.size, memories(), store.warning], [4, 1, undefined]);
    store.close();
    assert.deepEqual([arrays.size, memories()], [0, 0]);
  });

  it('keeps the cache on the host with a warning when the device has no room, or no runtime is found', () => {
    const { arrays, cudart, api, memories } = fakeDevice(3);
    for (const open of [() => cudart, () => assert.fail('no CUDA runtime is loaded: not found')]) {
      const store = cudaProvider(0, open).openCache(api, SHAPE, ROWS, CONTEXT);
      assert.equal(store.memory, undefined);
      assert.match(store.warning ?? '', /host memory.*(out of memory|not found)/);
      assert.deepEqual([arrays.size, memories()], [0, 0]);
      store.close();
    }
  });

  it('computes in full f32, within a bound of memory if there is one', () => {
    const { api, settings } = fakeDevice();
    for (const mib of [0, 512]) cudaProvider(mib).append?.(api, 1n);
    assert.deepEqual(
      settings.map(({ use_tf32, gpu_mem_limit }) => [use_tf32, gpu_mem_limit]),
      [
        ['0', undefined],
        ['0', String(512 << 20)],
      ],
    );
  });
});
