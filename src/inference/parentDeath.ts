import { constants } from 'node:os';

/** PR_SET_PDEATHSIG of prctl(2). */
const SET_PARENT_DEATH_SIGNAL = 1;

/**
 * Lets the kernel end this process when the thread that started it ends, also within a native call that would keep a closed channel from being
 * noticed. Linux only, and best effort: elsewhere this process ends when its call returns. For children of a process's main thread.
 */
export async function endWithParent(): Promise<void> {
  if (process.platform !== 'linux') return;
  try {
    const { openLibrary } = await import('./nativeLibrary.ts');
    const prctl = openLibrary(null).func('int prctl(int option, unsigned long signal)');
    prctl(SET_PARENT_DEATH_SIGNAL, constants.signals.SIGKILL);
  } catch {
    // Without koffi's native part there is no way to ask.
  }
}
