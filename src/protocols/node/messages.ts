/** Topic `node`: who is there, and what it can take on. docs/protocols/node.md */
import { message, repeated, type Static } from '../codec/message.ts';
import { u32, u64, u128 } from '../codec/types.ts';
import { modelId, SignedNodeRecordMessage } from '../signed/messages.ts';

export const MODELS_MAX = 64;

/** What a miner asks for a model and how fast it has measured itself. */
export const ModelOfferMessage = message('ModelOffer', 128, {
  id: [1, modelId],
  /** Wei per 1,000 prompt tokens. */
  promptPrice: [2, u128],
  /** Wei per 1,000 completion tokens. */
  completionPrice: [3, u128],
  /** Decode speed of one stream, in thousandths of a token per second. */
  tokensPerSecondMilli: [4, u64],
  contextTokens: [5, u32],
});
export type ModelOffer = Static<typeof ModelOfferMessage>;

export const CapacityMessage = message('Capacity', 10_240, {
  models: [1, repeated(ModelOfferMessage, MODELS_MAX)],
  freeSlots: [2, u32],
  queueDepth: [3, u32],
  /** Unix ms of the measurement. */
  sentAt: [4, u64],
});
export type Capacity = Static<typeof CapacityMessage>;

/** The heartbeat. The libp2p key's signature over the record is that of the envelope. */
export const NodeAnnouncementMessage = message('NodeAnnouncement', 12_288, {
  record: [1, SignedNodeRecordMessage],
  capacity: [2, CapacityMessage],
});
export type NodeAnnouncement = Static<typeof NodeAnnouncementMessage>;
