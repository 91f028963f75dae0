/** Settings of a guard (docs/config.md#guard). */
export interface GuardOptions {
  /** Share of the tasks seen that is audited, 0–1. */
  readonly auditRate: number;
  /** Tasks that wait for an audit. */
  readonly queueMax: number;
  readonly evidenceTimeoutMs: number;
  /** Wait between commit and reveal when a quorum of the committee, but not every member, has committed. */
  readonly revealDelayMs: number;
}
