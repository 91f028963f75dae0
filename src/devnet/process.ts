import { type ChildProcess, fork } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectRpc, type RpcClient } from '../api/rpc/client.ts';
import { keysDir } from '../config/dataDir.ts';
import { CONFIG_FILE_NAME } from '../config/load.ts';
import { writeDefaultConfig } from '../config/template.ts';
import { createIdentity, type Identity } from '../crypto/identity.ts';
import { devnetError } from './errors.ts';
import type { NodePlan } from './plan.ts';

/** The same binary that people run: this file is src/devnet/*.ts, or dist/src/devnet/*.js when built. */
const BINARY = fileURLToPath(new URL(`../../bin/cortensord.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 12_000;
/** A devnet's keys guard nothing: the keystore's cost is the least allowed. */
const SCRYPT_N = 4_096;

/** A node whose keys and config are on disk. */
export interface PreparedNode {
  readonly plan: NodePlan;
  readonly dataDir: string;
  readonly identity: Identity;
}

export interface ReadyInfo {
  readonly peerId: string;
  readonly addresses: readonly string[];
  readonly endpoints: { readonly rest?: string; readonly rpc: string };
}

export interface NodeProcess extends PreparedNode {
  readonly pid: number;
  readonly ready: ReadyInfo;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  call: RpcClient['call'];
  /** SIGTERM, then SIGKILL when it does not end in time. */
  stop(): Promise<void>;
}

/** Makes keys in the node's own data dir. */
export async function prepareNode(plan: NodePlan, nodesDir: string): Promise<PreparedNode> {
  const dataDir = join(nodesDir, plan.name);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const [identity] = await Promise.all([
    createIdentity(keysDir(dataDir), { password: plan.password, scryptN: SCRYPT_N }),
    writeFile(join(dataDir, 'password'), `${plan.password}\n`, { mode: 0o600 }),
  ]);
  return { plan, dataDir, identity };
}

/** Writes the config and starts `cortensord start`; resolves when the node says that it is up. @throws DEVNET_NODE_FAILED */
export async function startProcess(
  node: PreparedNode,
  settings: Readonly<Record<string, unknown>>,
  onExit: (name: string) => void,
): Promise<NodeProcess> {
  const { plan, dataDir } = node;
  const values = {
    ...settings,
    ...plan.settings,
    'node.roles': [plan.role],
    'keys.passwordFile': 'password',
    'keys.owner': plan.owner.address,
  };
  await writeFile(join(dataDir, CONFIG_FILE_NAME), writeDefaultConfig(values), { mode: 0o600 });
  const logFile = join(dataDir, 'node.log');
  const log = openSync(logFile, 'a', 0o600);
  // The IPC channel carries `ready`, and its end tells the child that this process is gone, however it went.
  const child = fork(BINARY, ['start', '--data-dir', dataDir], { stdio: ['ignore', log, log, 'ipc'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = (why: string) =>
    devnetError('DEVNET_NODE_FAILED', `${plan.name} ${why}; see ${logFile}`, { node: plan.name, log: logFile });
  const kill = (): void => void child.kill('SIGKILL');
  killAtExit(child);

  let timer: NodeJS.Timeout | undefined;
  const ready = await new Promise<ReadyInfo>((resolve, reject) => {
    timer = setTimeout(() => reject(failed(`was not ready within ${READY_TIMEOUT_MS} ms`)), READY_TIMEOUT_MS);
    child.on('message', (message: { type: string; error?: { code: string; message: string } } & ReadyInfo) => {
      if (message.type === 'ready') resolve(message);
      if (message.type === 'failed') reject(failed(`failed with ${message.error?.code}: ${message.error?.message}`));
    });
    child.once('exit', (code, signal) => reject(failed(`ended with ${signal ?? `exit code ${code}`} before it was ready`)));
    child.once('error', (error) => reject(failed(error.message)));
  })
    .catch((error: unknown) => {
      kill();
      throw error;
    })
    .finally(() => clearTimeout(timer));
  void exited.then(() => onExit(plan.name));
  return {
    ...node,
    pid: child.pid as number,
    ready,
    exited,
    async call(method, params, callOptions) {
      const client = await connectRpc(ready.endpoints.rpc);
      try {
        return await client.call(method, params, callOptions);
      } finally {
        client.close();
      }
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

const living = new Set<ChildProcess>();

/** One listener for all children: whatever ends this process takes them along. */
function killAtExit(child: ChildProcess): void {
  if (living.size === 0) process.once('exit', killLiving);
  living.add(child);
  child.once('exit', () => {
    living.delete(child);
    if (living.size === 0) process.removeListener('exit', killLiving);
  });
}

function killLiving(): void {
  for (const child of living) child.kill('SIGKILL');
}
