import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inferenceError } from '../errors.ts';
import type { BackendName } from '../types.ts';
import type { ProviderChoice } from './loadBackend.ts';

/** Loading CUDA and cuDNN for the first time takes seconds. */
export const PROBE_TIMEOUT_MS = 60_000;
/** Said when the test has passed. What counts is that it was said: some drivers crash when a process that used them ends. */
export const PASSED = 'passed';
const OUTPUT_CHARS_MAX = 4_096;

/**
 * Self-test of a provider in a process of its own.
 *
 * @throws BACKEND_UNAVAILABLE with its last words, its signal, or that it took too long
 */
export async function probeProvider(backend: BackendName, choice: ProviderChoice): Promise<void> {
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './probe.ts' : './probe.js', import.meta.url));
  const child = spawn(process.execPath, [entry, JSON.stringify({ backend, ...choice })], {
    // Drivers write to stderr what they like; the test's own words come on stdout.
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PROBE_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, OUTPUT_CHARS_MAX);
  });
  const ended = Promise.withResolvers<string | undefined>();
  child.on('error', (error) => ended.resolve(error.message));
  child.on('close', (code, signal) => {
    if (said === PASSED) ended.resolve(undefined);
    else if (signal === null) ended.resolve(said.replaceAll(/\s+/g, ' ').trim() || `exit code ${code}`);
    else
      ended.resolve(
        `its test ended with ${signal}${signal === 'SIGKILL' ? ` (${PROBE_TIMEOUT_MS} ms are the limit)` : ''} ${said.trim()}`.trim(),
      );
  });
  const failure = await ended.promise;
  if (failure !== undefined) throw inferenceError('BACKEND_UNAVAILABLE', failure, { provider: choice.provider });
}
