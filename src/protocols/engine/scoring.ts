/** Gossip scores: what a peer may do before it is left out. docs/protocols/overview.md §7 */
import { createTopicScoreParams, type PeerScoreParams, type PeerScoreThresholds } from '@chainsafe/libp2p-gossipsub/score';
import { topicString } from '../define.ts';
import { type AnyTopic, TOPICS } from '../registry.ts';

/** Quiet topics are normal here, so a peer is never blamed for few deliveries, only for invalid ones. */
function topicScore(topic: AnyTopic) {
  return createTopicScoreParams({
    topicWeight: topic.scoreWeight,
    timeInMeshWeight: 0.01,
    timeInMeshQuantum: 1_000,
    timeInMeshCap: 300,
    firstMessageDeliveriesWeight: 0.5,
    firstMessageDeliveriesDecay: 0.9,
    firstMessageDeliveriesCap: 20,
    meshMessageDeliveriesWeight: 0,
    meshFailurePenaltyWeight: 0,
    invalidMessageDeliveriesWeight: -20,
    invalidMessageDeliveriesDecay: 0.97,
  });
}

export interface ScoringOptions {
  /** IP addresses that many peers may share without blame: loopback on a devnet, the address of a NAT or a LAN. */
  readonly colocationWhitelist: readonly string[];
}

export function scoreParams(networkId: string, options: ScoringOptions): Partial<PeerScoreParams> {
  return {
    topics: Object.fromEntries(Object.values(TOPICS).map((topic) => [topicString(networkId, topic), topicScore(topic)])),
    topicScoreCap: 50,
    IPColocationFactorWeight: -5,
    IPColocationFactorThreshold: 10,
    IPColocationFactorWhitelist: new Set(options.colocationWhitelist),
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.9,
  };
}

/** Below `gossip` no gossip is traded, below `publish` nothing is sent, below `graylist` nothing is read. */
export const SCORE_THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -20,
  publishThreshold: -50,
  graylistThreshold: -80,
  acceptPXThreshold: 10,
  opportunisticGraftThreshold: 1,
};
