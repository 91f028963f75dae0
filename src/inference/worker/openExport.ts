import type { Session } from '../backend.ts';
import type { ExportedSessionInit } from '../onnx/exportedSession.ts';
import type { BackendName } from '../types.ts';

/**
 * Opens an ONNX export, on the CPU, with the backend that the engine's own graphs run on.
 *
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED
 */
export async function openExport(backend: BackendName, init: ExportedSessionInit): Promise<Session> {
  if (backend === 'ortFfi') return (await import('../onnx/exportFfi.ts')).openExportFfi(init);
  return (await import('../onnx/exportNode.ts')).openExportNode(init);
}
