import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ResolvedEngineOptions } from '../options.ts';
import { workerEnvironment } from './environment.ts';

/** V8's: the young generation keeps its first size, as in the daemon. */
const FLAGS = ['--semi-space-growth-factor=1'];

/** Starts the process that models run in. It ends when this one does: the IPC channel closes. */
export function startWorker(options: ResolvedEngineOptions): ChildProcess {
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url));
  return fork(entry, [JSON.stringify(options)], {
    env: workerEnvironment(process.env),
    execArgv: [...process.execArgv, ...FLAGS],
    // Typed arrays, bigints and undefined arrive as they are.
    serialization: 'advanced',
    // What native code prints, its last words too, goes where errors go: standard output belongs to the command.
    stdio: ['ignore', 2, 2, 'ipc'],
    windowsHide: true,
  });
}
