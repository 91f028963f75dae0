import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { startRestServer } from '../api/rest/server.ts';
import { startRpcServer } from '../api/rpc/server.ts';
import type { NodeService } from '../api/service.ts';
import { openChain } from '../chain/client.ts';
import { type Deployment, parseDeployment } from '../chain/deployment.ts';
import { keysDir } from '../config/dataDir.ts';
import type { Config, ResolvedConfig } from '../config/schema.ts';
import { readSecretFile } from '../config/secrets.ts';
import { loadIdentity } from '../crypto/identity.ts';
import { networkIdOf } from '../crypto/ids.ts';
import { Rehearsals } from '../inference/rehearsal/index.ts';
import { Shelf } from '../inference/store/shelf.ts';
import { openNetwork } from '../protocols/engine/openNetwork.ts';
import type { Capacity } from '../protocols/node/messages.ts';
import { type Guard, startGuard } from '../roles/guard/index.ts';
import { GUARD_MIGRATIONS } from '../roles/guard/ledger.ts';
import { type Miner, startMiner } from '../roles/miner/index.ts';
import { MINER_MIGRATIONS } from '../roles/miner/ledger.ts';
import { type Oracle, startOracle } from '../roles/oracle/index.ts';
import { createRouter, type Router } from '../roles/router/index.ts';
import { ROUTER_MIGRATIONS } from '../roles/router/ledger.ts';
import { startAnswerer } from '../settlement/answerer.ts';
import { SETTLEMENT_MIGRATIONS, SettlementBook } from '../settlement/book.ts';
import { startClaimer } from '../settlement/claimer.ts';
import { followVerdicts } from '../settlement/index.ts';
import { openDatabase } from '../storage/database.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type Address, ROLES, type Role, rolesToBits } from '../types/index.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { toCoded } from '../util/errors.ts';
import { TaskVerdicts } from '../validation/taskVerdicts.ts';
import { startAnnouncer } from './announcer.ts';
import { startBlockServer } from './blockServer.ts';
import { nodeError } from './errors.ts';
import { exportMetrics } from './metrics.ts';
import { loadCatalog, loadModels } from './models.ts';
import { Refusals } from './refusals.ts';
import { createNodeService } from './service.ts';
import { createTxJournal, JOURNAL_MIGRATIONS } from './txJournal.ts';

export interface NodeOptions {
  readonly config: ResolvedConfig;
  /** Opens the operator's keystore. */
  readonly password: string;
  readonly log: Logger;
  readonly version: string;
  /** Aborting it ends a start that is under way. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** A started node; every part of it hangs on `stop`. */
export interface RunningNode {
  readonly service: NodeService;
  readonly endpoints: { readonly rest: string | undefined; readonly rpc: string };
  /** Drains streams, flushes ledgers and closes everything, in reverse order of its start. Safe to call twice. */
  stop(): Promise<void>;
  /** Resolves when the node has stopped, also when it was asked to over the socket. */
  readonly stopped: Promise<void>;
}

/** The roles that run, whichever were asked for. */
export interface RunningRoles {
  router?: Router;
  miner?: Miner;
  guard?: Guard;
  oracle?: Oracle;
}

/** Votes and verdicts of this many tasks are in memory. */
const TASKS_IN_VIEW = 20_000;
/** A claim costs a transaction; less than this is left to grow. */
const CLAIM_MIN = 1n;
const VOUCHER_TIMEOUT_MS = 10_000;
const REPUBLISH_MS = 10_000;

/**
 * Builds a node: the only place that wires. Whatever was started before a failure is closed again.
 *
 * @throws coded errors of the part that did not start
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { log } = options;
  const undo: (() => unknown)[] = [];
  const unwind = async (): Promise<void> => {
    for (const close of undo.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        log.warn({ code: toCoded(error).code, reason: toCoded(error).message }, 'a part did not close cleanly');
      }
    }
  };
  try {
    return await build(options, undo, unwind);
  } catch (error) {
    await unwind();
    throw error;
  }
}

async function build(options: NodeOptions, undo: (() => unknown)[], unwind: () => Promise<void>): Promise<RunningNode> {
  const { log, version, signal } = options;
  const { config } = options.config;
  const clock = options.clock ?? systemClock;
  const startedAt = clock.monotonic();
  const roles = new Set<Role>(config.node.roles);
  if (roles.size === 0) throw nodeError('NO_ROLE', 'no role was given');
  if (config.miner.fault !== 'none' && !config.network.devnet)
    throw nodeError('FAULT_OUTSIDE_DEVNET', `miner.fault is ${config.miner.fault}`);

  const dataDir = config.dataDir;
  const open = (name: string, migrations: readonly string[]) => {
    const db = openDatabase(join(dataDir, 'ledgers', `${name}.db`), migrations);
    undo.push(() => db.close());
    return db;
  };
  const journal = createTxJournal(open('journal', JOURNAL_MIGRATIONS));
  const book = new SettlementBook(open('settlement', SETTLEMENT_MIGRATIONS));
  undo.push(() => book.flush());

  const [identity, deployment] = await Promise.all([loadIdentity(keysDir(dataDir), options.password), readDeployment(config)]);
  const contracts = deployment;
  const account = identity.operator;
  const metrics = createMetrics({ processMetrics: true });

  const inferenceLog = log.child({ module: 'inference' });
  const refusals = new Refusals(inferenceLog, signal);
  const rehearsals = new Rehearsals({ recordsDir: join(dataDir, 'rehearsals'), logger: inferenceLog });
  const modelComponents = { config, rehearsals, refusals, clock, log, signal };

  // The slow ones side by side: chain, engine, network.
  const opening = Promise.allSettled([
    openChain(
      {
        rpcUrl: config.chain.rpcUrl,
        deployment,
        confirmations: config.chain.confirmations,
        pollMs: config.chain.pollMs,
        account,
        clock,
        journal,
        log: log.child({ module: 'chain' }),
      },
      signal,
    ),
    loadModels(modelComponents, roles),
  ]);
  const [chainOpened, modelsOpened] = await opening;
  if (chainOpened.status === 'fulfilled') undo.push(() => chainOpened.value.close());
  if (modelsOpened.status === 'fulfilled') undo.push(() => modelsOpened.value?.engine.close());
  if (chainOpened.status === 'rejected') throw chainOpened.reason;
  if (modelsOpened.status === 'rejected') throw modelsOpened.reason;
  const [chain, models] = [chainOpened.value, modelsOpened.value];
  signal.throwIfAborted();

  const network = await openNetwork(
    {
      key: identity.peer,
      contracts,
      clock,
      log: log.child({ module: 'network' }),
      isRegistered: (operator, role) => chain.registry.isActive(operator, role),
    },
    {
      listen: config.network.listen,
      ...(config.network.announce.length > 0 ? { announce: config.network.announce } : {}),
      bootstrap: config.network.bootstrap,
      privateAddresses: config.network.allowPrivateAddresses,
      colocationWhitelist: config.network.colocationWhitelist,
      connectionsMax: config.network.connectionsMax,
      userAgent: `cortensord/${version}`,
      datastoreDir: join(dataDir, 'peers'),
    },
  );
  undo.push(() => network.close());

  if (config.models.share) {
    const shelf = new Shelf(config.models.dir, clock);
    const parts = { network, shelf, clock, log: log.child({ module: 'models' }) };
    undo.push(await startBlockServer(parts, { bytesPerSecond: config.models.shareBytesPerSecond }));
  }

  const verdicts = new TaskVerdicts(TASKS_IN_VIEW);
  undo.push(await followVerdicts({ network, chain, verdicts, book, clock, log: log.child({ module: 'settlement' }) }));

  const grace = config.node.stopTimeoutMs;
  const running: RunningRoles = {};
  const shared = {
    network,
    chain,
    registry: chain.registry,
    sessions: chain.sessions,
    verdicts,
    book,
    account,
    contracts,
    clock,
    randomBytes,
  };
  const roleLog = (role: Role): Logger => log.child({ module: role });

  const start: Record<Role, () => Promise<{ close(graceMs: number): Promise<void> }>> = {
    router: async () => {
      const catalog = await loadCatalog(modelComponents);
      running.router = createRouter({ ...shared, catalog, db: open('router', ROUTER_MIGRATIONS), log: roleLog('router') }, config.router);
      return running.router;
    },
    miner: async () => {
      const { engine, miner } = models as NonNullable<typeof models>;
      running.miner = await startMiner(
        { ...shared, engine, models: miner, db: open('miner', MINER_MIGRATIONS), log: roleLog('miner') },
        {
          price: { prompt: BigInt(config.miner.promptPrice), completion: BigInt(config.miner.completionPrice) },
          slots: config.miner.slots,
          queueMax: config.miner.queueMax,
          evidenceTtlMs: config.miner.evidenceTtlMs,
          voucherTimeoutMs: VOUCHER_TIMEOUT_MS,
          republishMs: REPUBLISH_MS,
          fault: config.miner.fault,
        },
      );
      for (const { info } of miner)
        void network
          .provide(info.id)
          .catch((error: unknown) => log.warn({ code: toCoded(error).code }, 'a model is not provided in the DHT yet'));
      return running.miner;
    },
    guard: async () => {
      const { engine, guard } = models as NonNullable<typeof models>;
      running.guard = await startGuard(
        { ...shared, engine, models: guard, db: open('guard', GUARD_MIGRATIONS), log: roleLog('guard') },
        config.guard,
      );
      return running.guard;
    },
    oracle: async () => {
      running.oracle = startOracle({ ...shared, log: roleLog('oracle') }, config.oracle);
      return running.oracle;
    },
  };
  for (const role of ROLES) {
    signal.throwIfAborted();
    if (!roles.has(role)) continue;
    const { close } = await start[role]().then((started) => ({ close: () => started.close(grace) }));
    undo.push(close);
  }

  const owner = (config.keys.owner === '' ? account.address : config.keys.owner) as Address;
  const claimer = startClaimer({ chain, network, book, account: owner, log: log.child({ module: 'settlement' }) }, CLAIM_MIN);
  undo.push(() => claimer.close());
  if (roles.has('oracle') || roles.has('guard')) {
    const answerer = startAnswerer({ chain, book, log: log.child({ module: 'settlement' }) });
    undo.push(() => answerer.close());
  }

  const idle = (): Capacity => ({ models: [], freeSlots: 0, queueDepth: 0, sentAt: clock.now() });
  undo.push(
    startAnnouncer(
      { network, account, contracts, clock, log, capacity: () => running.miner?.capacity() ?? idle() },
      { owner, roles: rolesToBits(roles), encryptionKey: identity.encryption.publicKey, intervalMs: config.miner.heartbeatMs },
    ),
  );

  const endpoints: { rest: string | undefined; rpc: string } = { rest: undefined, rpc: config.api.rpc.socket };
  let stopping: Promise<void> | undefined;
  const done = Promise.withResolvers<void>();
  const stop = (): Promise<void> => {
    stopping ??= unwind().finally(done.resolve);
    return stopping;
  };
  const service = createNodeService({
    config: options.config,
    version,
    roles: [...roles],
    running,
    models,
    refusals,
    network,
    chain,
    verdicts,
    book,
    identity,
    contracts,
    networkId: networkIdOf(deployment.chainId, deployment.nodeRegistry),
    clock,
    startedAt,
    endpoints,
    log,
    stop: () => void stop(),
  });
  exportMetrics(metrics, { running, chain, network, engine: models?.engine, refused: refusals.all, roles: [...roles], version });

  if (config.api.rest.enabled) {
    const { host, port, allowedHosts, allowedOrigins, tokenFile, bodyBytesMax, connectionsMax } = config.api.rest;
    const accessToken = tokenFile === '' ? undefined : (await readSecretFile(tokenFile, 'api.rest.tokenFile')).value;
    const rest = await startRestServer({
      host,
      port,
      allowedHosts,
      allowedOrigins,
      bodyBytesMax,
      connectionsMax,
      accessToken,
      router: running.router,
      readiness: () => service.nodeStatus(),
      version,
      log,
      metrics,
      clock,
    });
    endpoints.rest = rest.url;
    undo.push(() => rest.close(grace));
  }
  const rpc = await startRpcServer({ path: endpoints.rpc, connectionsMax: config.api.rpc.connectionsMax, service, version, log, metrics });
  undo.push(() => rpc.close());
  log.info({ roles: [...roles], operator: account.address, ms: Math.round(clock.monotonic() - startedAt), ...endpoints }, 'node up');
  return { service, endpoints, stop, stopped: done.promise };
}

async function readDeployment(config: Config): Promise<Deployment> {
  const path = config.chain.deploymentFile || join(config.dataDir, 'deployment.json');
  try {
    return parseDeployment(JSON.parse(await readFile(path, 'utf8')), config.chain.layer);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw nodeError('DEPLOYMENT_UNREADABLE', `${path}: ${why}`, { path }, error);
  }
}
