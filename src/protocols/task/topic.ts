import { defineTopic } from '../define.ts';
import { mayPublish } from '../rights.ts';
import { ignore, type Judgement, type RuleContext, reject, type Sender } from '../validate.ts';
import { type TaskOffer, TaskOfferMessage } from './messages.ts';

/** Longest time from an offer to its deadline. */
export const TASK_LIFETIME_MAX_MS = 3_600_000;

/** Topic `task`: docs/protocols/task.md §3. */
export const taskTopic = defineTopic<TaskOffer>({
  name: 'task',
  version: 1,
  message: TaskOfferMessage,
  envelopeBytesMax: 4 * 1024,
  speakers: ['router'],
  scoreWeight: 0.5,
  freshnessMs: 30_000,
  rule,
});

function rule(offer: TaskOffer, sender: Sender, context: RuleContext): Judgement {
  // [REJECT] task.md §3.1: there is a prompt and room for an answer
  if (offer.promptTokens === 0 || offer.maxTokens === 0) return reject('TASK_EMPTY');
  // [REJECT] task.md §3.2: the deadline is after the offer, by an hour at most
  if (offer.deadline <= sender.sentAt || offer.deadline > sender.sentAt + TASK_LIFETIME_MAX_MS) return reject('TASK_DEADLINE');
  // [IGNORE] task.md §3.3: the deadline has not passed
  if (offer.deadline <= context.now) return ignore('TASK_OVER');
  // [IGNORE] task.md §3.4: it comes from the router itself
  return mayPublish(offer.router, 'router', sender, context);
}
