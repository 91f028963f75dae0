/** Real processes for end-to-end tests: the binary as people run it, each suite in a HOME of its own. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectRpc } from '../../src/api/rpc/client.ts';
import type { MethodName, MethodParams, MethodResult } from '../../src/api/rpc/methods.ts';

export const ANVIL_CHAIN_ID = 31_337;
/** Public test keys of every anvil chain. */
export const ANVIL_MNEMONIC = 'test test test test test test test test test test test junk';

const BINARY = fileURLToPath(new URL('../../bin/cortensord.ts', import.meta.url));
/** How long anything may take before a test says that it hangs; a loaded machine is slow, not wrong. */
export const PATIENCE_MS = 120_000;
const POLL_MS = 50;

/** Waiting longer is pointless: what is waited for cannot come any more. */
class Hopeless extends Error {}

/** Asks again until `probe` gives something; its errors count as "not yet" and are in the message at the end. */
export async function until<T>(what: string, probe: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS} ms`, { cause: last });
    await delay(POLL_MS);
  }
}

/** An empty HOME and what removes it. The name is short: unix sockets below it have 103 bytes. */
export async function makeHome(): Promise<{ home: string; remove(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'ce-'));
  return { home, remove: () => rm(home, { recursive: true, force: true, maxRetries: 5 }) };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A running `cortensord …`; keeps what it prints. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out = '';
  err = '';
  #over = false;

  constructor(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, program = BINARY) {
    this.child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env.PATH, HOME: home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        this.#over = true;
        resolve({ code, signal, out: this.out, err: this.err });
      });
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Until its output has the pattern. Rejects when the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return until(`${pattern} in the output`, () => pattern.exec(this.out) ?? pattern.exec(this.err) ?? this.#stillThere()).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${this.out}\n${this.err}`);
      },
    );
  }

  /** Bounded: rejects when the process does not end. */
  end(): Promise<Ended> {
    return until(`the end of pid ${this.pid}`, () => (this.#over ? this.ended : undefined));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** For `after` hooks: whatever happened, it is gone afterwards. */
  async finish(): Promise<void> {
    if (!this.#over) this.kill('SIGKILL');
    await this.end();
  }

  #stillThere(): undefined {
    if (this.#over) throw new Hopeless(`the process ended with ${this.child.exitCode ?? this.child.signalCode}`);
    return undefined;
  }
}

/** Runs a command to its end. */
export async function cli(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const running = new Running(home, args, env);
  try {
    return await running.end();
  } finally {
    await running.finish();
  }
}

/** Runs a command that must succeed and gives the one JSON value that it prints. */
// biome-ignore lint/suspicious/noExplicitAny: tests read whatever JSON the command prints
export async function cliJson(home: string, args: readonly string[]): Promise<any> {
  const { code, out, err } = await cli(home, [...args, '--json']);
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
  return JSON.parse(out);
}

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

async function processes(): Promise<ProcessLine[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,stat=,args='], { maxBuffer: 1 << 24 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^ *(\d+) +(\d+) +(\S+) +(.*)$/.exec(line) ?? [];
    // A zombie has ended; whoever adopted it has not looked yet.
    return pid === undefined || state?.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command: command ?? '' }];
  });
}

/** All processes below `pid`, at any depth. */
export async function descendants(pid: number): Promise<ProcessLine[]> {
  const all = await processes();
  const below = (parent: number): ProcessLine[] => all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid).filter(({ command }) => !command.startsWith('ps -eo'));
}

/** Until none of them runs any more. */
export async function allGone(pids: readonly number[]): Promise<void> {
  await until(`the end of ${pids.join(', ')}`, async () => {
    const left = (await processes()).filter(({ pid }) => pids.includes(pid));
    if (left.length > 0) throw new Error(left.map(({ pid, command }) => `${pid} ${command}`).join('; '));
    return true;
  });
}

/** One call over a node's socket. */
export async function rpc<N extends MethodName>(socket: string, method: N, params: MethodParams<N>): Promise<MethodResult<N>> {
  const client = await connectRpc(socket);
  try {
    return await client.call(method, params);
  } finally {
    client.close();
  }
}

/** A devnet started by the binary, with what it printed about itself. */
export class Devnet extends Running {
  readonly dir: string;

  constructor(home: string, args: readonly string[] = []) {
    super(home, ['devnet', ...args]);
    this.dir = join(home, '.cortensord', 'devnet');
  }

  /** Until the whole network is there. */
  async formed(): Promise<void> {
    await this.printed(/network formed/);
  }

  /** Until the demonstration is over and the devnet waits for Ctrl-C. */
  async up(): Promise<void> {
    await this.printed(/Ctrl-C takes everything down/);
  }

  get apiKey(): string {
    return this.#find(/API key +(cor-\S+)/);
  }

  /** Base URL for OpenAI clients. */
  get rest(): string {
    return this.#find(/REST +(http\S+)/);
  }

  /** RPC endpoint of its chain. */
  get chain(): string {
    return this.#find(/^ {2}chain +(http\S+)/m);
  }

  /** Process ids by node name, as printed. */
  get pids(): ReadonlyMap<string, number> {
    return new Map(
      [...`${this.out}${this.err}`.matchAll(/^· (\S+) +up +pid (\d+)/gm)].map(([, name, pid]) => [name as string, Number(pid)]),
    );
  }

  pidOf(name: string): number {
    return this.pids.get(name) ?? assert.fail(`no node is called ${name}`);
  }

  dataDir(name: string): string {
    return join(this.dir, 'nodes', name);
  }

  /** A call to one of the nodes. */
  call<N extends MethodName>(name: string, method: N, params: MethodParams<N>): Promise<MethodResult<N>> {
    return rpc(join(this.dataDir(name), 'cortensord.sock'), method, params);
  }

  log(name: string): Promise<string> {
    return readFile(join(this.dataDir(name), 'node.log'), 'utf8');
  }

  /** Every process of it, itself included. */
  async everyPid(): Promise<number[]> {
    return [this.pid, ...(await descendants(this.pid)).map(({ pid }) => pid)];
  }

  #find(pattern: RegExp): string {
    return pattern.exec(this.out)?.[1] ?? assert.fail(`${pattern} is not in the output:\n${this.out}`);
  }
}
