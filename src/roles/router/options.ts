/** Settings of a router (docs/config.md#router). */
export interface RouterOptions {
  /** Completions at once. */
  readonly maxInFlight: number;
  /** Further miners tried when one fails before its first token. */
  readonly retries: number;
  /** A miner silent for longer gets no work. */
  readonly heartbeatTimeoutMs: number;
  readonly openTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly tokenTimeoutMs: number;
  /** Tokens of one answer, and the default when the client names none. */
  readonly completionTokensMax: number;
}
