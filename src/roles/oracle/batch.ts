import { ATTEST_DEBITS_MAX, ATTEST_TASKS_MAX } from '../../protocols/attest/messages.ts';
import type { VerifiedTask } from '../../settlement/epoch.ts';
import type { SessionId } from '../../types/index.ts';

/** Room for tasks in a proposal of 1 MiB; the rest is for payouts and debits. */
const TASK_BYTES_MAX = 512 * 1024;
/** A task and its cost; each guard that shares in it. */
const TASK_BYTES = 64;
const GUARD_BYTES = 22;
/** Debits that fit one transaction: about 70,000 gas each. */
const DEBITS_MAX = Math.min(ATTEST_DEBITS_MAX, 256);

/** The first tasks that fit one proposal and one transaction; what does not fit waits for the next epoch. */
export function batchOf(tasks: readonly VerifiedTask[], tasksMax: number): VerifiedTask[] {
  const batch: VerifiedTask[] = [];
  const sessions = new Set<SessionId>();
  let bytes = 0;
  for (const task of tasks) {
    bytes += TASK_BYTES + GUARD_BYTES * task.guards.length;
    if (batch.length >= Math.min(tasksMax, ATTEST_TASKS_MAX) || bytes > TASK_BYTES_MAX) break;
    const { session } = task.result.receipt.receipt;
    if (!sessions.has(session) && sessions.size >= DEBITS_MAX) continue;
    sessions.add(session);
    batch.push(task);
  }
  return batch;
}
