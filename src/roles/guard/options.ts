/** Settings of a guard (docs/config.md#guard). */
export interface GuardOptions {
  /** Share of the tasks seen that is audited, 0–1. */
  readonly auditRate: number;
  /** Tasks that wait for an audit. */
  readonly queueMax: number;
  readonly evidenceTimeoutMs: number;
  /** Longest wait between commit and reveal when not every member of the committee has committed. */
  readonly revealDelayMs: number;
}
