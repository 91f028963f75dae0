import assert from 'node:assert/strict';
import { loadedCudart } from '../../../src/inference/onnx/cudart.ts';

describe('inference/onnx/cudart', () => {
  const line = (file: string): string => `7f1c2a000000-7f1c2a08d000 r--p 00000000 fe:00 1234       ${file}\n`;

  it('takes the runtime that the provider loaded, of whichever version', () => {
    for (const file of [
      '/usr/local/cuda-12.8/lib64/libcudart.so.12.8.90',
      '/opt/site-packages/nvidia/cu13/lib/libcudart.so.13',
      '/a folder/libcudart.so.13.0.48',
    ]) {
      assert.equal(loadedCudart(line('/usr/lib/libc.so.6') + line(file) + line('/usr/lib/libm.so.6')), file);
    }
  });

  it('throws when none is loaded', () => {
    assert.throws(() => loadedCudart(line('/usr/lib/libcudart_static.a') + line('/usr/lib/libc.so.6')), /no CUDA runtime/);
  });
});
