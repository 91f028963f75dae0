/** Settings of an oracle (docs/config.md#oracle). */
export interface OracleOptions {
  /** How long a task waits for a quorum of votes before it is given up. */
  readonly voteTimeoutMs: number;
  readonly attestTimeoutMs: number;
  /** Tasks settled in one transaction. */
  readonly tasksPerEpochMax: number;
}
