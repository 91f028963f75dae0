/** What a topic or a stream protocol is: its name, message, caps, quotas and timeouts in one descriptor each. registry.ts lists them all. */
import type { Role } from '../types/index.ts';
import type { Message } from './codec/message.ts';
import type { TopicRule } from './validate.ts';

export const TOPIC_NAMES = ['node', 'task', 'result', 'vote', 'beacon'] as const;
export type TopicName = (typeof TOPIC_NAMES)[number];

/** A gossip topic: `/cortensor/<networkId>/<name>/<version>`. */
export interface TopicDescriptor<T> {
  readonly name: TopicName;
  readonly version: number;
  readonly message: Message<T>;
  /** Cap of the whole envelope, checked before anything is decoded. */
  readonly envelopeBytesMax: number;
  /** Roles that may publish; the sender's operator must be registered with one of them. */
  readonly speakers: readonly Role[];
  /** Share of this topic in a peer's gossip score. */
  readonly scoreWeight: number;
  /** How long before or after the receiver's clock `sentAt` may lie. */
  readonly freshnessMs: number;
  /** The topic's own checks, after those of the envelope. */
  readonly rule: TopicRule<T>;
}

/** A stream protocol: `/cortensor/<name>/<version>`. `Up` goes from the one who opens, `Down` comes back. */
export interface StreamDescriptor<Up, Down> {
  readonly name: string;
  readonly protocol: `/cortensor/${string}/${number}`;
  readonly up: Message<Up>;
  readonly down: Message<Down>;
  /** Streams of this protocol that a node serves at once, from all peers. */
  readonly inboundStreamsMax: number;
  /** Of those, from one peer. */
  readonly inboundStreamsPerPeerMax: number;
  /** From opening to closing. */
  readonly requestTimeoutMs: number;
  /** Longest silence in either direction while the other side waits. */
  readonly idleTimeoutMs: number;
  /** Builds the coded error frame that ends a failed stream. */
  readonly errorFrame: (error: { code: string; message: string; retryable: boolean }) => Down;
}

export const defineTopic = <T>(topic: TopicDescriptor<T>): TopicDescriptor<T> => topic;
export const defineStream = <Up, Down>(stream: StreamDescriptor<Up, Down>): StreamDescriptor<Up, Down> => stream;

/** Full name of a topic in one network. */
export function topicString(networkId: string, topic: { readonly name: string; readonly version: number }): string {
  return `/cortensor/${networkId}/${topic.name}/${topic.version}`;
}
