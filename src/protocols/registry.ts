/** THE list of what this node speaks. A new protocol is a folder and a line here. */
import { attestStream } from './attest/stream.ts';
import { beaconTopic } from './beacon/topic.ts';
import { blocksStream } from './blocks/stream.ts';
import type { TopicDescriptor, TopicName } from './define.ts';
import { evidenceStream } from './evidence/stream.ts';
import { inferStream } from './infer/stream.ts';
import { nodeTopic } from './node/topic.ts';
import { payoutsStream } from './payouts/stream.ts';
import { resultTopic } from './result/topic.ts';
import { taskTopic } from './task/topic.ts';
import { voteTopic } from './vote/topic.ts';

/** A topic of any message. */
export type AnyTopic = TopicDescriptor<unknown>;

const byName = {
  node: nodeTopic,
  task: taskTopic,
  result: resultTopic,
  vote: voteTopic,
  beacon: beaconTopic,
} satisfies Record<TopicName, unknown>;

export const TOPICS: Readonly<Record<TopicName, AnyTopic>> = byName as unknown as Readonly<Record<TopicName, AnyTopic>>;

/** Each stream protocol; keyed by name, so that a missing one does not compile where a handler for each is due. */
export const STREAMS = {
  infer: inferStream,
  evidence: evidenceStream,
  attest: attestStream,
  payouts: payoutsStream,
  blocks: blocksStream,
} as const;
