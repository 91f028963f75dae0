import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { type Clock, systemClock } from '../util/clock.ts';
import { withDeadline } from '../util/deadline.ts';
import { isCoded } from '../util/errors.ts';
import { devnetError } from './errors.ts';
import { fund, type Genesis, startChain } from './genesis.ts';
import { CLIENT_BALANCE, type NodePlan, planNodes } from './plan.ts';
import { type NodeProcess, prepareNode, startProcess } from './process.ts';

export interface DevnetNetwork {
  readonly genesis: Genesis;
  readonly nodes: readonly NodeProcess[];
  readonly router: NodeProcess;
  /** The account that pays in the demonstration. */
  readonly client: LocalAccount;
  /** Everything down again; nothing stays behind. Safe to call twice. */
  stop(): Promise<void>;
}

export interface NetworkOptions {
  readonly dir: string;
  readonly badMiner: boolean;
  /** Other nodes than the usual ones; a router first. */
  readonly plans?: readonly NodePlan[];
  readonly restPort: number;
  readonly logLevel: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
  /** Called when a node ends while the network is up. */
  readonly onLost: (name: string) => void;
}

const FORM_TIMEOUT_MS = 60_000;
const FORM_POLL_MS = 100;

/** Settings that all nodes of a devnet share. */
function commonSettings(genesis: Genesis, deploymentFile: string, options: NetworkOptions): Record<string, unknown> {
  return {
    'network.devnet': true,
    'network.listen': ['/ip4/127.0.0.1/tcp/0'],
    'network.allowPrivateAddresses': true,
    'network.colocationWhitelist': ['127.0.0.1'],
    'chain.rpcUrl': genesis.anvil.rpcUrl,
    'chain.deploymentFile': deploymentFile,
    'chain.confirmations': 1,
    'chain.pollMs': 250,
    'api.rest.port': 0,
    'log.level': options.logLevel,
    'log.format': 'json',
    'miner.heartbeatMs': 1_000,
    // Nine processes may share two busy cores.
    'router.heartbeatTimeoutMs': 30_000,
  };
}

/** Chain, keys, stake, processes, and a network that has found itself through the DHT. @throws DEVNET_* and CHAIN_* codes */
export async function startNetwork(options: NetworkOptions): Promise<DevnetNetwork> {
  const { dir, progress, signal } = options;
  await claimDir(dir);
  const undo: (() => Promise<void>)[] = [() => rm(join(dir, 'devnet.json'), { force: true })];
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    for (const close of undo.splice(0).reverse()) await close();
  };
  try {
    const nodesDir = join(dir, 'nodes');
    const plans = options.plans ?? planNodes(options.badMiner);
    const [genesis, prepared] = await Promise.all([startChain(), Promise.all(plans.map((plan) => prepareNode(plan, nodesDir)))]);
    undo.push(() => genesis.anvil.close());
    signal.throwIfAborted();
    progress(`chain ${genesis.deployment.chainId} with its contracts at ${genesis.anvil.rpcUrl}`);

    const deploymentFile = join(dir, 'deployment.json');
    await writeFile(deploymentFile, `${JSON.stringify(genesis.deployment, null, 2)}\n`);
    const client = privateKeyToAccount(generatePrivateKey());
    // The router's operator is the client of the sessions that are opened over its socket (`cortensord chat`, `session create`).
    const clients = [
      client.address,
      ...prepared.filter(({ plan }) => plan.role === 'router').map(({ identity }) => identity.operator.address),
    ];
    const funding = fund(
      genesis,
      prepared,
      clients.map((address) => ({ address, amount: CLIENT_BALANCE })),
      options.log,
    );
    funding.catch(() => {});

    const settings = commonSettings(genesis, deploymentFile, options);
    const nodes: NodeProcess[] = [];
    const launch = async (plan: NodePlan, more: Record<string, unknown>): Promise<NodeProcess> => {
      const node = prepared.find((one) => one.plan === plan) as (typeof prepared)[number];
      const started = await startProcess(node, { ...settings, ...more }, (name) => !stopping && options.onLost(name));
      nodes.push(started);
      progress(`${plan.name.padEnd(9)} up  pid ${started.pid}${plan.note === '' ? '' : `  (${plan.note})`}`);
      return started;
    };
    undo.push(async () => void (await Promise.all(nodes.map((node) => node.stop()))));
    // The router comes first: its address is the one that all others start from.
    const router = await launch(plans[0] as NodePlan, { 'api.rest.port': options.restPort });
    await Promise.all([funding, startRest(plans.slice(1), (plan) => launch(plan, { 'network.bootstrap': [...router.ready.addresses] }))]);
    progress('every node is staked and registered');
    await formed(nodes, signal);
    await minersSeen(router, plans.filter(({ role }) => role === 'miner').length, signal);
    progress(`network formed: ${nodes.length} nodes found each other through the DHT`);
    await publishState(dir, router);
    return { genesis, nodes, router, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** All at once; waits for all, so that none is left starting when another failed. */
async function startRest(plans: readonly NodePlan[], launch: (plan: NodePlan) => Promise<NodeProcess>): Promise<void> {
  const started = await Promise.allSettled(plans.map(launch));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Every node is ready and has a verified record of every other. @throws DEVNET_NOT_FORMED */
async function formed(nodes: readonly NodeProcess[], signal: AbortSignal, clock: Clock = systemClock): Promise<void> {
  let waiting = new Map(nodes.map((node) => [node, 'has not answered']));
  try {
    await withDeadline('forming the network', FORM_TIMEOUT_MS, signal, async (inner) => {
      while (waiting.size > 0) {
        const statuses = await Promise.all([...waiting.keys()].map(async (node) => [node, await node.call('node_status', {})] as const));
        waiting = new Map(
          statuses.flatMap(([node, { ready, problems, net }]) =>
            ready && net.knownNodes >= nodes.length ? [] : [[node, problems[0] ?? `knows ${net.knownNodes} of ${nodes.length} nodes`]],
          ),
        );
        if (waiting.size > 0) await clock.sleep(FORM_POLL_MS, inner);
      }
    });
  } catch (error) {
    if (!isCoded(error, 'TIMEOUT')) throw error;
    const why = [...waiting].map(([node, reason]) => `${node.plan.name}: ${reason}`).join('; ');
    throw devnetError('DEVNET_NOT_FORMED', `after ${FORM_TIMEOUT_MS} ms ${why}`, {}, error);
  }
}

/** The router would pick among all of the miners. @throws TIMEOUT */
async function minersSeen(router: NodeProcess, miners: number, signal: AbortSignal, clock: Clock = systemClock): Promise<void> {
  await withDeadline('the miners to be seen by the router', FORM_TIMEOUT_MS, signal, async (inner) => {
    for (;;) {
      const [model] = await router.call('model_list', {});
      if (model !== undefined && model.miners >= miners) return;
      await clock.sleep(FORM_POLL_MS, inner);
    }
  });
}

/** Takes the directory for this devnet and clears what an earlier one left. @throws DEVNET_RUNNING */
async function claimDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'devnet.json');
  const known = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as { pid?: number },
    () => undefined,
  );
  if (known?.pid !== undefined && known.pid !== process.pid && isAlive(known.pid)) {
    throw devnetError('DEVNET_RUNNING', `a devnet runs in ${dir} (pid ${known.pid})`, { pid: known.pid });
  }
  await rm(join(dir, 'nodes'), { recursive: true, force: true });
  await writeState(dir, { pid: process.pid });
}

/** From now on `cortensord status` and the like find the router. */
const publishState = (dir: string, router: NodeProcess): Promise<void> =>
  writeState(dir, {
    pid: process.pid,
    socket: router.ready.endpoints.rpc,
    rest: router.ready.endpoints.rest,
    deployment: join(dir, 'deployment.json'),
  });

async function writeState(dir: string, state: Record<string, unknown>): Promise<void> {
  const file = join(dir, 'devnet.json');
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
