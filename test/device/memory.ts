import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Device memory in use over all processes, as nvidia-smi says; undefined where there is none. */
export async function deviceMemoryMiB(): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits']);
    return Number.parseInt(stdout, 10);
  } catch {
    return undefined;
  }
}
