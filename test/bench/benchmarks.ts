import type { Benchmark } from './benchmark.ts';
import { devnet } from './devnet.ts';
import { embedded } from './embedded.ts';
import { engine } from './engine.ts';
import { exports } from './exports.ts';
import { footprint } from './footprint.ts';
import { gas } from './gas.ts';
import { grammar } from './grammar.ts';
import { overhead } from './overhead.ts';
import { p2p } from './p2p.ts';
import { prefix } from './prefix.ts';
import { soak } from './soak.ts';
import { speculation } from './speculation.ts';
import { store } from './store.ts';

/** All of them, in the order of `npm run bench -- all`. */
export const BENCHMARKS: readonly Benchmark[] = [
  overhead,
  footprint,
  devnet,
  engine,
  embedded,
  exports,
  speculation,
  prefix,
  grammar,
  soak,
  store,
  p2p,
  gas,
];
