import { residentBytes } from '../../src/inference/residentMemory.ts';

/** Resident memory of a process, MB (10⁶ bytes). Linux. @throws when it cannot be seen */
export async function residentMb(pid: number | undefined): Promise<number> {
  const bytes = await residentBytes(pid);
  if (bytes === 0) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return bytes / 1e6;
}
