/** A typed, bounded, two-way stream of messages: `Out` goes to the peer, `In` comes from it. */
export interface Channel<Out, In> {
  readonly peerId: string;
  /** Aborts when the peer resets, the connection dies, a timeout passes, or `reset` is called here. Not on a clean end. */
  readonly signal: AbortSignal;
  /**
   * Resolves when the transport can take more: a sender that awaits it holds at most one window in memory.
   *
   * @throws WIRE_VALUE, WIRE_TOO_LARGE, STREAM_RESET, STREAM_IDLE
   */
  send(message: Out, signal?: AbortSignal): Promise<void>;
  /**
   * The peer's messages, one consumer at a time; reading stops pulling from the network while nobody iterates. Leaving a loop
   * early does not end the stream.
   *
   * @throws WIRE_TOO_LARGE, WIRE_MALFORMED, STREAM_RESET, STREAM_IDLE
   */
  readonly receive: AsyncIterable<In>;
  /** The next message, or undefined when the peer has closed its side. Same errors as `receive`. */
  next(signal?: AbortSignal): Promise<In | undefined>;
  /** Ends the sending side cleanly; what was sent still arrives. */
  close(): Promise<void>;
  /** Drops the stream both ways at once: how a task is cancelled. */
  reset(reason?: Error): void;
}
