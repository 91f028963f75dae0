/** A local EVM node for devnets and tests: the real anvil binary, without the npm launcher that loses its exit status. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { type Clock, systemClock } from '../util/clock.ts';
import { chainError } from './errors.ts';

export interface AnvilOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly host?: string;
  readonly chainId: number;
  /** Mines every so many seconds; without it, only when a transaction arrives. */
  readonly blockTimeSeconds?: number;
  /** With `blockTimeSeconds`: mines when a transaction arrives as well. */
  readonly mixedMining?: boolean;
  /** File that the chain's state is loaded from and kept in. */
  readonly statePath?: string;
  /** Writes the state every so many seconds; 1 when `statePath` is given. */
  readonly stateIntervalSeconds?: number;
  /** Blocks from latest to finalised, halved; 1 makes finality move on a devnet. */
  readonly slotsInAnEpoch?: number;
  /** Funded accounts of the well-known test mnemonic. */
  readonly accounts?: number;
  readonly startTimeoutMs?: number;
  readonly clock?: Clock;
}

export interface Anvil {
  readonly rpcUrl: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Asks to end, so that the state is written, and kills after `graceMs`. Safe to call twice. */
  close(graceMs?: number): Promise<void>;
}

/** Path of the binary that npm installed for this platform. @throws ANVIL_UNAVAILABLE */
export function anvilBinary(): string {
  const cpu = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const name = `@foundry-rs/anvil-${process.platform}-${cpu}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/anvil${suffix}`);
  } catch (cause) {
    throw chainError('ANVIL_UNAVAILABLE', `${name} is not installed`, { name }, cause);
  }
}

function argumentsOf(options: AnvilOptions): string[] {
  const args = ['--host', options.host ?? '127.0.0.1', '--port', String(options.port ?? 0), '--chain-id', String(options.chainId)];
  const flag = (name: string, value: number | string | undefined): void => {
    if (value !== undefined) args.push(name, String(value));
  };
  flag('--block-time', options.blockTimeSeconds);
  if (options.mixedMining === true) args.push('--mixed-mining');
  flag('--state', options.statePath);
  flag('--state-interval', options.stateIntervalSeconds ?? (options.statePath === undefined ? undefined : 1));
  flag('--slots-in-an-epoch', options.slotsInAnEpoch);
  flag('--accounts', options.accounts);
  return args;
}

const OUTPUT_TAIL_CHARS = 2_000;

/** Waits for the line that names the port. @throws ANVIL_FAILED */
function listening(child: ChildProcess, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let tail = '';
    const fail = (why: string): void => reject(chainError('ANVIL_FAILED', `${why}: ${tail.trim().split('\n').slice(-3).join(' ')}`));
    const timer = setTimeout(() => fail(`not listening after ${timeoutMs} ms`), timeoutMs);
    const read = (text: string): void => {
      tail = (tail + text).slice(-OUTPUT_TAIL_CHARS);
      const port = tail.match(/Listening on \S+:(\d+)/)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
  });
}

/** Ends `pid` when this process ends in a way that runs no handler: the pipe to the watchdog closes with it. */
function watchdog(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const child = spawn('sh', ['-c', `cat >/dev/null; kill -9 ${pid} 2>/dev/null`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.once('error', () => {});
  child.unref();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return child;
}

/**
 * Starts anvil and waits until it listens. It never outlives this process.
 *
 * @throws ANVIL_UNAVAILABLE, ANVIL_FAILED
 */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const clock = options.clock ?? systemClock;
  const child = spawn(anvilBinary(), argumentsOf(options), { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const guard = child.pid === undefined ? undefined : watchdog(child.pid);
  void exited.then(() => {
    process.removeListener('exit', kill);
    guard?.kill('SIGKILL');
  });
  let port: number;
  try {
    port = await listening(child, options.startTimeoutMs ?? 15_000);
  } catch (error) {
    kill();
    throw error;
  }
  return {
    rpcUrl: `http://${options.host ?? '127.0.0.1'}:${port}`,
    port,
    pid: child.pid as number,
    exited,
    async close(graceMs = 3_000) {
      child.kill('SIGTERM');
      const grace = new AbortController();
      const late = clock.sleep(graceMs, grace.signal).then(kill, () => {});
      await exited;
      grace.abort();
      await late;
    },
  };
}
