/** Entry of a child process that loads a provider and tests it: a driver that crashes ends this process, not the node. */
import type { BackendName } from '../types.ts';
import { loadBackend, type ProviderChoice } from './loadBackend.ts';
import { PASSED } from './probeProvider.ts';
import { selfTest } from './selfTest.ts';

const { backend, ...choice } = JSON.parse(process.argv[2] ?? '') as ProviderChoice & { readonly backend: BackendName };
try {
  await selfTest(await loadBackend(backend, choice));
  process.stdout.write(PASSED);
} catch (error) {
  process.stdout.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
