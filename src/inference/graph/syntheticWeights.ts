import { createHash } from 'node:crypto';
import { philox } from '../sampling/philox.ts';
import type { WeightSource } from './weightSource.ts';

/** Random but reproducible weights of a sensible scale: norms near 1, matrices with unit gain, small biases. For self-tests and fixtures. */
export function syntheticWeights(seed: string): WeightSource {
  return {
    async read(name, shape) {
      const key = createHash('sha256').update(`${seed}\n${name}`).digest();
      const values = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
      const words = new Uint32Array(4);
      const isNorm = name.includes('norm');
      const scale = isNorm ? 0.1 : shape.length === 1 ? 0.05 : name.includes('embed') ? 0.5 : 1.7 / Math.sqrt(shape[1] ?? 1);
      for (let i = 0; i < values.length; i++) {
        if (i % 4 === 0) philox(i / 4, 0, 0, 0, key.readUInt32BE(0), key.readUInt32BE(4), words);
        values[i] = (isNorm ? 1 : 0) + (((words[i % 4] as number) + 0.5) / 2 ** 31 - 1) * scale;
      }
      return values;
    },
  };
}
