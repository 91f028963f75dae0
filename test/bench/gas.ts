import { join } from 'node:path';
import { gasMetrics, measureGas, readGas } from '../../scripts/gas.ts';
import type { Benchmark } from './benchmark.ts';

export const gas: Benchmark = {
  name: 'gas',
  summary: 'what transactions on chain cost, and each task’s part of them',
  method:
    'Foundry runs contracts/test/gas on the real contracts with the shipped parameters, every transaction by itself; one run, nothing is ' +
    'random. docs/contracts/gas.md says what is in each number and compares with settling each task.',
  async run({ dir, say }) {
    const snapshots = join(dir, 'snapshots');
    say(`${measureGas(snapshots, false)} gas tests`);
    return gasMetrics(readGas(snapshots)).map(({ name, value, limit }) => ({
      name,
      value,
      unit: 'gas',
      better: 'lower',
      samples: 1,
      ...(limit === undefined ? {} : { limit }),
    }));
  },
};
