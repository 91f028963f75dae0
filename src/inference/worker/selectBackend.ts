import { arch, platform } from 'node:os';
import type { Backend } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import { cudaInstall, cudaMissing } from '../onnx/ortPackage.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import type { ProviderName } from '../provider.ts';
import type { BackendName } from '../types.ts';
import { loadBackend, type ProviderChoice } from './loadBackend.ts';
import { probeProvider } from './probeProvider.ts';
import type { BackendReport } from './protocol.ts';
import { selfTest } from './selfTest.ts';

export interface SelectedBackend {
  readonly backend: Backend;
  readonly report: BackendReport;
}

/** How providers are looked for. */
export interface Probes {
  /** Why it cannot run as far as files tell, with the remedy. */
  missing(provider: ProviderName): string | undefined;
  /** In another process, so that a crash is a reason and not the end. */
  probe(backend: BackendName, choice: ProviderChoice): Promise<void>;
  load(backend: BackendName, choice: ProviderChoice): Promise<Backend>;
}

const PROBES: Probes = {
  missing: (provider) => (provider === 'cuda' ? cudaMissing() : undefined),
  probe: probeProvider,
  load: loadBackend,
};

const HINTS: Readonly<Record<ProviderName, string>> = {
  cpu: '',
  cuda: `a driver and the libraries of the CUDA version that the provider is built for must be found (LD_LIBRARY_PATH). ${cudaInstall()}`,
  webgpu: 'a GPU with a Vulkan driver is needed; on Debian and Ubuntu: apt install mesa-vulkan-drivers libvulkan1',
};

/**
 * The provider that was asked for if it loads and passes its self-test, else the CPU, with the reason. 'auto' takes CUDA where it is installed.
 * The CPU runs on the first backend that works: the C API, then the binding; other providers on the C API. A backend that is named is the only one.
 *
 * @throws BACKEND_UNAVAILABLE with what went wrong in each when not even the CPU works
 */
export async function selectBackend(
  { backend, provider: requested, gpuMemoryMiB }: Pick<ResolvedEngineOptions, 'backend' | 'provider' | 'gpuMemoryMiB'>,
  probes: Probes = PROBES,
): Promise<SelectedBackend> {
  const wanted = requested === 'auto' ? 'cuda' : requested;
  let reason: string | undefined;
  if (wanted !== 'cpu') {
    const missing = probes.missing(wanted);
    if (missing === undefined) {
      const outcome = await firstBackend(backend, { provider: wanted, gpuMemoryMiB }, probes);
      if ('backend' in outcome) return outcome;
      reason = `${outcome.failures}. ${HINTS[wanted]}`;
    } else if (requested !== 'auto') reason = missing;
  }
  const outcome = await firstBackend(backend, { provider: 'cpu', gpuMemoryMiB }, probes);
  if (!('backend' in outcome)) {
    throw inferenceError('BACKEND_UNAVAILABLE', `no backend works on ${platform()}/${arch()}: ${outcome.failures}`);
  }
  if (reason === undefined) return outcome;
  const warning = `${wanted} does not run here, the CPU computes: ${reason}`;
  return { backend: outcome.backend, report: { ...outcome.report, provider: { actual: 'cpu', warning } } };
}

async function firstBackend(
  requested: BackendName | 'auto',
  choice: ProviderChoice,
  { probe, load }: Probes,
): Promise<SelectedBackend | { readonly failures: string }> {
  const all: BackendName[] = choice.provider === 'cpu' ? ['ortFfi', 'ortNode'] : ['ortFfi'];
  const failures: string[] = [];
  for (const name of requested === 'auto' ? all : [requested]) {
    try {
      if (choice.provider !== 'cpu') await probe(name, choice);
      const backend = await load(name, choice);
      const worse = await selfTest(backend);
      const warning = failures.join('; ');
      const provider = { actual: choice.provider, ...(worse === undefined ? {} : { warning: worse }) };
      const report = { actual: name, runtimeVersion: backend.runtimeVersion, provider, ...(warning === '' ? {} : { warning }) };
      return { backend, report };
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { failures: failures.join('; ') };
}
