import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ResolvedEngineOptions } from '../options.ts';

/** V8's: the young generation keeps its first size, as in the daemon. */
const FLAGS = ['--semi-space-growth-factor=1'];
/** The daemon's own, which the worker has no use for: paths of password files, tokens. */
const DAEMONS_OWN = /^(CORTENSORD_|HF_TOKEN$)/;

/**
 * The environment of the worker: the daemon's, because drivers of GPUs look for much in it, without the daemon's own settings. What is to be set for
 * the worker alone is set here.
 */
function environment(daemon: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(daemon).filter(([name]) => !DAEMONS_OWN.test(name)));
  const cache = getCompileCacheDir();
  // The directory that is used lies in the one that was named.
  return cache === undefined ? kept : { ...kept, NODE_COMPILE_CACHE: path.dirname(cache) };
}

/** Starts the process that models run in. It ends when this one does: the IPC channel closes. */
export function startWorker(options: ResolvedEngineOptions): ChildProcess {
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url));
  return fork(entry, [JSON.stringify(options)], {
    env: environment(process.env),
    execArgv: [...process.execArgv, ...FLAGS],
    // Typed arrays, bigints and undefined arrive as they are.
    serialization: 'advanced',
    // What native code prints, its last words too, goes where errors go: standard output belongs to the command.
    stdio: ['ignore', 2, 2, 'ipc'],
    windowsHide: true,
  });
}
