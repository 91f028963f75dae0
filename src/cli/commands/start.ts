import { flushCompileCache } from 'node:module';
import { ensureDataDir } from '../../config/dataDir.ts';
import type { RunningNode } from '../../node/index.ts';
import { createLogger, type Logger } from '../../telemetry/log.ts';
import { toCoded, utilError } from '../../util/errors.ts';
import { cliError } from '../errors.ts';
import type { ExitCode } from '../exit.ts';
import { type GlobalOptions, loadFor } from '../globals.ts';
import type { Io } from '../io.ts';
import { errorText } from '../output.ts';
import { keystorePassword } from '../password.ts';
import { packageVersion } from '../version.ts';

/** The promise to whoever stops us: docs/exit-codes.md. */
const STOP_MS_MAX = 9_500;
/** A start that was interrupted gets so long to come to a point from which it can be stopped. */
const START_GRACE_MS = 3_000;

export interface StartOptions extends GlobalOptions {
  readonly role?: readonly string[];
}

/** Runs a node until it is told to stop: SIGTERM, SIGINT, node_stop, or its parent closing the IPC channel. */
export async function start(options: StartOptions, io: Io): Promise<ExitCode> {
  const roles = options.role ? [{ key: 'node.roles', value: options.role, flag: '--role' }] : [];
  const config = await loadFor(options, io, roles);
  if (config.config.node.roles.length === 0) throw cliError('ROLE_MISSING', 'no role was given');
  await ensureDataDir(config.config.dataDir);
  const log = createLogger(config.config.log);
  const password = await keystorePassword(config, io);

  const stop = onStop();
  onDefect(log);
  try {
    const { startNode } = await import('../../node/index.ts');
    const asked = aborted(stop.signal);
    const starting = startNode({ config, log, password, version: packageVersion(), signal: stop.signal });
    const node = await Promise.race([starting, asked.then(() => settledWithin(starting, START_GRACE_MS))]);
    // Asked to stop before it was up, and the start hangs on something: nothing was promised to anybody yet.
    if (!node) return 0;
    if (!stop.signal.aborted) await announce(node, log);
    await Promise.race([asked, node.stopped]);
    log.info('stopping');
    await bounded(node.stop());
    log.info('stopped');
    return 0;
  } catch (error) {
    const coded = toCoded(error);
    if (stop.signal.aborted && (coded.code === 'STOPPING' || coded.code === 'CANCELLED')) return 0;
    report({ type: 'failed', error: { code: coded.code, message: coded.message, remedy: coded.remedy } });
    log.fatal({ err: coded }, 'node failed');
    throw error;
  } finally {
    stop.dispose();
    if (process.connected) process.disconnect();
  }
}

/** The first signal or the loss of the parent stops gracefully, the second signal forces. */
function onStop(): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const ask = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(utilError('STOPPING', 'the process was asked to stop'));
    // Also bounds a start that does not listen to its signal.
    setTimeout(() => process.exit(70), STOP_MS_MAX + 400).unref();
  };
  const orphaned = (): void => {
    if (!controller.signal.aborted) ask();
  };
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
  if (process.channel) process.on('disconnect', orphaned);
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGTERM', ask);
      process.off('SIGINT', ask);
      process.off('disconnect', orphaned);
    },
  };
}

/** A defect that reached the top leaves nothing to trust: log it and end; durable state is written before it is promised. */
function onDefect(log: Logger): void {
  const die = (error: unknown): void => {
    const coded = toCoded(error);
    log.fatal({ err: error }, 'uncaught');
    process.stderr.write(errorText(coded));
    process.exit(70);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function settledWithin<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function bounded(stopping: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(cliError('STOP_TIMEOUT', `the node did not stop within ${STOP_MS_MAX} ms`)), STOP_MS_MAX);
  });
  try {
    await Promise.race([stopping, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function announce(node: RunningNode, log: Logger): Promise<void> {
  const { peerId, addresses } = node.service.netInfo();
  const { roles, operator, endpoints } = await node.service.nodeStatus();
  log.info({ roles, peerId, addresses, ...endpoints }, 'ready');
  report({ type: 'ready', pid: process.pid, roles, peerId, operator, addresses, endpoints });
  // Processes that start from now on find compiled what this one has loaded.
  flushCompileCache();
}

/** To the parent, when there is one that listens (the devnet). */
function report(message: Readonly<Record<string, unknown>>): void {
  if (process.connected) process.send?.(message, () => {});
}
