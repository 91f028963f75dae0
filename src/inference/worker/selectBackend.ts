import { arch, platform } from 'node:os';
import type { Backend } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import type { EngineOptions } from '../options.ts';
import type { BackendReport } from './protocol.ts';
import { selfTest } from './selfTest.ts';

export interface SelectedBackend {
  readonly backend: Backend;
  readonly report: BackendReport;
}

const LOADERS: Record<Backend['name'], () => Promise<Backend>> = {
  ortFfi: async () => (await import('../onnx/ortFfi.ts')).openOrtFfi(),
  ortNode: async () => (await import('../onnx/ortNode.ts')).ortNode,
};

/**
 * The first backend that loads and passes the self-test: the C API, then the binding; only the named one when a name is requested.
 *
 * @throws BACKEND_UNAVAILABLE with what went wrong in each
 */
export async function selectBackend(requested: NonNullable<EngineOptions['backend']>): Promise<SelectedBackend> {
  const candidates: Backend['name'][] = requested === 'auto' ? ['ortFfi', 'ortNode'] : [requested];
  const failures: string[] = [];
  for (const name of candidates) {
    try {
      const backend = await LOADERS[name]();
      await selfTest(backend);
      const warning = failures.join('; ');
      return { backend, report: { actual: name, runtimeVersion: backend.runtimeVersion, ...(warning === '' ? {} : { warning }) } };
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw inferenceError('BACKEND_UNAVAILABLE', `no backend works on ${platform()}/${arch()}: ${failures.join('; ')}`);
}
