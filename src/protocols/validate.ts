/** What a topic's validator says about a message, and what it may ask. docs/protocols/overview.md §4 */
import type { SigningContracts } from '../crypto/eip712.ts';
import type { Address, NetworkId, Role } from '../types/index.ts';
import type { NodeTable } from './node/table.ts';

/** `ignore`: not relayed, no blame. `reject`: not relayed and it costs the sender gossip score. */
export type Outcome = 'accept' | 'ignore' | 'reject';
export interface Judgement {
  readonly outcome: Outcome;
  /** Stable: metric label and what docs/protocols cites. */
  readonly code: string;
}

export const ACCEPT: Judgement = { outcome: 'accept', code: 'ACCEPTED' };
export const reject = (code: string): Judgement => ({ outcome: 'reject', code });
export const ignore = (code: string): Judgement => ({ outcome: 'ignore', code });

/** Who signed the envelope, and when. */
export interface Sender {
  readonly peerId: string;
  readonly sentAt: number;
}

export interface RuleContext {
  readonly networkId: NetworkId;
  readonly contracts: SigningContracts;
  /** Receiver's clock, unix ms. */
  readonly now: number;
  readonly nodes: NodeTable;
  /**
   * Whether an operator is registered and staked for a role. Must answer at once from a cached view; undefined when the view
   * does not know (yet), and then the message is ignored without blame.
   */
  readonly isRegistered: (operator: Address, role: Role) => boolean | undefined;
}

/** Pure but for `context`. Signatures are checked before the right to speak. */
export type TopicRule<T> = (message: T, sender: Sender, context: RuleContext) => Judgement;
