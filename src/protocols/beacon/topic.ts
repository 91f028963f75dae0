import { defineTopic } from '../define.ts';
import { mayPublish } from '../rights.ts';
import { type Judgement, type RuleContext, reject, type Sender } from '../validate.ts';
import { type Beacon, BeaconMessage } from './messages.ts';

/** How far a beacon's local time may lie from the moment that it was sent. */
export const BEACON_TIME_SLACK_MS = 5_000;

/** Topic `beacon`: docs/protocols/beacon.md §3. */
export const beaconTopic = defineTopic<Beacon>({
  name: 'beacon',
  version: 1,
  message: BeaconMessage,
  envelopeBytesMax: 1024,
  speakers: ['oracle'],
  scoreWeight: 0.5,
  freshnessMs: 30_000,
  rule,
});

function rule(beacon: Beacon, sender: Sender, context: RuleContext): Judgement {
  // [REJECT] beacon.md §3.1: the oracle's clock in the beacon is the one that stamped the envelope
  if (Math.abs(beacon.localTime - sender.sentAt) > BEACON_TIME_SLACK_MS) return reject('BEACON_TIME');
  // [IGNORE] beacon.md §3.2: it comes from the oracle itself
  return mayPublish(beacon.oracle, 'oracle', sender, context);
}
