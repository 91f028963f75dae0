import { readFile } from 'node:fs/promises';

/** Resident memory of a process, bytes; 0 where it cannot be seen (other systems than Linux), and when it has ended. */
export async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}
