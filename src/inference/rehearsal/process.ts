import { type ChildProcess, spawn } from 'node:child_process';
import { platform } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ModelId } from '../../types/index.ts';
import { inferenceError } from '../errors.ts';
import { residentBytes } from '../residentMemory.ts';
import { fromWire } from '../worker/wireError.ts';
import { MEMORY_POLL_MS, type RehearsalLimits } from './limits.ts';
import { ANSWER_BYTES_MAX, ANSWER_FD, type RehearsalAnswer, type RehearsalRequest } from './protocol.ts';

/** Kept of what the process prints: its end says why it crashed. */
const PRINTED_CHARS_MAX = 4_096;
/** CPU time, no core dump of gigabytes, no file written; then the program takes the shell's place. */
const LIMITED = 'ulimit -t "$1"; ulimit -c 0; ulimit -f 0; shift; exec "$0" "$@"';

/**
 * Tries a model out in a process of its own, which gets no environment, no input and no right to write files or start programs, and is ended
 * at a limit.
 *
 * @throws the coded error that the process answers with; MODEL_REHEARSAL_CRASHED, MODEL_REHEARSAL_TIMEOUT, MODEL_REHEARSAL_MEMORY; the signal's
 * reason
 */
export async function rehearseInProcess(request: RehearsalRequest, limits: RehearsalLimits, signal: AbortSignal): Promise<ModelId> {
  signal.throwIfAborted();
  const { dir } = request;
  const child = start(request, limits);
  let reason: unknown;
  const end = (why: unknown): void => {
    reason ??= why;
    child.kill('SIGKILL');
  };
  const onAbort = (): void => end(signal.reason);
  const orphan = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', onAbort, { once: true });
  process.once('exit', orphan);
  const timer = setTimeout(
    () => end(inferenceError('MODEL_REHEARSAL_TIMEOUT', `${dir} was not loaded within ${limits.wallMs} ms`, { dir, ms: limits.wallMs })),
    limits.wallMs,
  );
  const watch = setInterval(() => {
    void residentBytes(child.pid).then((bytes) => {
      if (bytes <= limits.memoryBytes) return;
      const message = `loading ${dir} took ${bytes} bytes of memory; its files allow ${limits.memoryBytes}`;
      end(inferenceError('MODEL_REHEARSAL_MEMORY', message, { dir, bytes, bytesMax: limits.memoryBytes }));
    });
  }, MEMORY_POLL_MS);
  try {
    const tooMuch = (): void => end(inferenceError('MODEL_REHEARSAL_CRASHED', `the process that loads ${dir} answers too much`, { dir }));
    const [ended, answer, printed] = await Promise.all([
      exitOf(child),
      textOf(child.stdio[ANSWER_FD] as Readable, ANSWER_BYTES_MAX, tooMuch),
      textOf(child.stderr as Readable, PRINTED_CHARS_MAX),
    ]);
    if (reason !== undefined) throw reason;
    if (ended.code === 0 && answer !== '') return idOf(JSON.parse(answer) as RehearsalAnswer);
    throw crashOf(dir, ended, printed);
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    process.off('exit', orphan);
  }
}

function start(request: RehearsalRequest, { heapBytes, cpuSeconds }: RehearsalLimits): ChildProcess {
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url));
  const args = [
    `--max-old-space-size=${Math.ceil(heapBytes / 2 ** 20)}`,
    // Reading and native modules, which ONNX Runtime is; no writing, no programs, no threads of JavaScript.
    '--permission',
    '--allow-fs-read=*',
    '--allow-addons',
    '--no-warnings',
    entry,
    JSON.stringify({ ...request, dir: path.resolve(request.dir) }),
  ];
  const isWindows = platform() === 'win32';
  const [file, all] = isWindows ? [process.execPath, args] : ['/bin/sh', ['-c', LIMITED, process.execPath, String(cpuSeconds), ...args]];
  return spawn(file, all, {
    // Nothing of the daemon's: its environment may hold passwords and tokens.
    env: isWindows ? { SystemRoot: process.env.SystemRoot } : {},
    cwd: path.parse(process.execPath).root,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

const exitOf = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

/** All text of a stream, or its end if it is longer. */
async function textOf(stream: Readable, charsMax: number, onExcess?: () => void): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.length > charsMax) onExcess?.();
    text = text.slice(-charsMax);
  });
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
  return Buffer.from(text, 'latin1').toString('utf8');
}

function idOf(answer: RehearsalAnswer): ModelId {
  if ('error' in answer) throw fromWire(answer.error);
  return answer.id;
}

function crashOf(dir: string, { code, signal, error }: Ended, printed: string): Error {
  const cause = error ?? new Error(printed.trim() || 'it printed nothing');
  if (signal === 'SIGXCPU') return inferenceError('MODEL_REHEARSAL_TIMEOUT', `loading ${dir} took too much CPU time`, { dir }, cause);
  // Nobody here sent SIGKILL: the kernel does when memory ends, as V8 aborts when its heap is full.
  if (signal === 'SIGKILL' || /heap out of memory|bad_alloc/.test(printed))
    return inferenceError('MODEL_REHEARSAL_MEMORY', `loading ${dir} ran out of memory`, { dir }, cause);
  const how = signal ?? `exit code ${code}`;
  return inferenceError('MODEL_REHEARSAL_CRASHED', `the process that loads ${dir} ended with ${how}`, { dir, how }, cause);
}
