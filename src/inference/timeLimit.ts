import vm from 'node:vm';

/** The script that a limit is put on; what it calls is looked up in the context. */
const script = new vm.Script('work()');
const slot: { work: () => unknown } = { work: () => undefined };
const context = vm.createContext(slot);

/** Thrown by {@link withTimeLimit} when the time is over. */
export class TimeIsOver extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`took longer than ${ms} ms`);
    this.ms = ms;
  }
}

/**
 * Runs synchronous work and ends it when it takes too long, wherever it is: also in the backtracking of a regular expression, which no
 * check between steps can reach. `node:vm` is the way to V8's own interruption here; it keeps nothing in or out. About 0.2 ms a call.
 *
 * @throws TimeIsOver; what `work` throws
 */
export function withTimeLimit<T>(ms: number, work: () => T): T {
  const outer = slot.work;
  slot.work = work;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new TimeIsOver(ms);
    throw error;
  } finally {
    slot.work = outer;
  }
}
