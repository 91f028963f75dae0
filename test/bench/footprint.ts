import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { type Genesis, startChain } from '../../src/devnet/genesis.ts';
import { type NodeProcess, prepareNode, startProcess } from '../../src/devnet/process.ts';
import { ROLES, type Role } from '../../src/types/index.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { residentMb } from './memory.ts';
import { type Metric, summarise } from './metric.ts';
import { pause } from './pause.ts';

const STARTS = 7;
/** Of the starts, these stay up until they are at rest. */
const RESTED = 3;
const SETTLE_MS = 4_000;
const RSS_LIMIT_MB = 200;
const READY_LIMIT_MS = 2_000;

interface Started {
  readonly readyMs: number;
  readonly rssMb: number | undefined;
}

export const footprint: Benchmark = {
  name: 'footprint',
  summary: 'one node of each role: time from start to ready, and memory at rest',
  method:
    'The real binary on a fresh data dir, alone on a local chain. `ready` runs from writing its config and forking it to its `ready` message, ' +
    'with the embedded model loaded by the roles that use one; the first start on this machine, when no compiled code is cached yet, is ' +
    '`ready_cold`. Memory is VmRSS some seconds later, without a model (`modelDirs = []`) and with it, the engine’s process included.',
  async run(context) {
    const genesis = await startChain();
    try {
      const deploymentFile = join(context.dir, 'deployment.json');
      await writeFile(deploymentFile, JSON.stringify(genesis.deployment));
      const start = (role: Role, index: number, more: Record<string, unknown>, rest: boolean): Promise<Started> =>
        measureStart({ role, name: `${role}-${index}`, settings: { ...settings(genesis, deploymentFile), ...more }, rest, context });
      const cold = await start('router', 0, {}, false);
      const metrics: Metric[] = [];
      let index = 1;
      for (const role of ROLES) {
        const usesModel = role !== 'oracle';
        const ready: number[] = [];
        const bare: number[] = [];
        const loaded: number[] = [];
        for (let i = 0; i < STARTS; i++) {
          const { readyMs, rssMb } = await start(role, index++, {}, i < RESTED);
          ready.push(readyMs);
          if (rssMb !== undefined) (usesModel ? loaded : bare).push(rssMb);
        }
        if (usesModel) {
          for (let i = 0; i < RESTED; i++) bare.push((await start(role, index++, { [`${role}.modelDirs`]: [] }, true)).rssMb as number);
        }
        context.say(`${role} measured`);
        metrics.push(
          summarise(`${role}_ready_ms`, 'ms', 'lower', ready, context.random, { limit: READY_LIMIT_MS }),
          summarise(`${role}_rss_mb`, 'MB', 'lower', bare, context.random, { limit: RSS_LIMIT_MB }),
        );
        if (usesModel) metrics.push(summarise(`${role}_with_model_rss_mb`, 'MB', 'lower', loaded, context.random));
      }
      return [...metrics, { name: 'ready_cold_ms', value: cold.readyMs, unit: 'ms', better: 'lower', limit: READY_LIMIT_MS, samples: 1 }];
    } finally {
      await genesis.anvil.close();
    }
  },
};

const settings = (genesis: Genesis, deploymentFile: string): Record<string, unknown> => ({
  'network.devnet': true,
  'network.listen': ['/ip4/127.0.0.1/tcp/0'],
  'network.allowPrivateAddresses': true,
  'chain.rpcUrl': genesis.anvil.rpcUrl,
  'chain.deploymentFile': deploymentFile,
  'api.rest.port': 0,
  'log.level': 'warn',
});

interface StartPlan {
  readonly role: Role;
  readonly name: string;
  readonly settings: Record<string, unknown>;
  /** Stay up until the node is at rest, and look at its memory. */
  readonly rest: boolean;
  readonly context: BenchContext;
}

async function measureStart({ role, name, settings, rest, context }: StartPlan): Promise<Started> {
  const owner = privateKeyToAccount(generatePrivateKey());
  const node = await prepareNode({ name, role, owner, password: 'bench', settings: {}, note: '' }, context.dir);
  const startedAt = performance.now();
  const running = await startProcess(node, settings, () => {});
  const readyMs = performance.now() - startedAt;
  try {
    return { readyMs, rssMb: rest ? await rssAtRest(running, context.signal) : undefined };
  } finally {
    await running.stop();
  }
}

/** Of the node and, if it has one, its engine's process. */
async function rssAtRest(node: NodeProcess, signal: AbortSignal): Promise<number> {
  await pause(SETTLE_MS, signal);
  const { engine } = await node.call('node_status', {});
  return (await residentMb(node.pid)) + (engine?.pid === undefined ? 0 : await residentMb(engine.pid));
}
