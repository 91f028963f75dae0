import type { TaskResult } from '../protocols/result/messages.ts';

/** A task can be settled for this long after its assignment's deadline; then guards do not attest it and nodes forget it. */
export const BILLABLE_MS = 24 * 3_600_000;

/** Whether a task may still be billed at `now` (unix ms). The deadline is the router's word, so that no miner can move it. */
export function isBillable({ assignment }: Pick<TaskResult, 'assignment'>, now: number): boolean {
  return now < assignment.assignment.deadline + BILLABLE_MS;
}
