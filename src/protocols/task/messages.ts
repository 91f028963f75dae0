/** Topic `task`: a router tells that a paid task exists; the prompt itself stays off gossip. docs/protocols/task.md */
import { message, type Static } from '../codec/message.ts';
import { address, u32, u64, u128 } from '../codec/types.ts';
import { hash32, modelId, sessionId, taskId } from '../signed/messages.ts';

export const TaskOfferMessage = message('TaskOffer', 3_584, {
  task: [1, taskId],
  session: [2, sessionId],
  model: [3, modelId],
  /** Operator of the router. */
  router: [4, address],
  promptCommit: [5, hash32],
  promptTokens: [6, u32],
  maxTokens: [7, u32],
  /** Wei per 1,000 tokens that the session pays at most. */
  promptPriceMax: [8, u128],
  completionPriceMax: [9, u128],
  /** Unix ms. */
  deadline: [10, u64],
});
export type TaskOffer = Static<typeof TaskOfferMessage>;
