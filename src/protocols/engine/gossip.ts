/** Topics over gossipsub: one validator in front of every handler, verdicts counted by code. docs/protocols/overview.md §3 and §4 */
import { type GossipsubMessage, type Message, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub';
import type { Logger } from 'pino';
import { toString as encode } from 'uint8arrays/to-string';
import type { SigningContracts } from '../../crypto/eip712.ts';
import type { PeerKey } from '../../crypto/identity.ts';
import type { Address, NetworkId, Role } from '../../types/index.ts';
import type { Clock } from '../../util/clock.ts';
import { type TopicDescriptor, type TopicName, topicString } from '../define.ts';
import { envelopeId, type OpenedEnvelope, openEnvelope, sealEnvelope } from '../envelope.ts';
import type { EnvelopeMeta } from '../network.ts';
import type { NodeAnnouncement } from '../node/messages.ts';
import type { NodeTable } from '../node/table.ts';
import { nodeTopic } from '../node/topic.ts';
import { type AnyTopic, TOPICS } from '../registry.ts';
import { ACCEPT, ignore, type Judgement, type Outcome } from '../validate.ts';
import type { Host } from './host.ts';

const RESULT: Readonly<Record<Outcome, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

type Handler = (message: unknown, from: EnvelopeMeta) => void;

export interface GossipComponents {
  readonly host: Host;
  readonly key: PeerKey;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodes: NodeTable;
  readonly contracts: SigningContracts;
  readonly networkId: NetworkId;
  readonly isRegistered: (operator: Address, role: Role) => boolean | undefined;
}

export class Gossip {
  /** Verdicts since the start: `<topic>:<CODE>` to count. */
  readonly verdicts = new Map<string, number>();
  readonly #components: GossipComponents;
  readonly #handlers = new Map<TopicName, Set<Handler>>();
  /** Judged messages on their way from the validator to the handlers. */
  readonly #opened = new WeakMap<Message, OpenedEnvelope<unknown>>();
  readonly #topicByString: ReadonlyMap<string, AnyTopic>;

  constructor(components: GossipComponents) {
    this.#components = components;
    this.#topicByString = new Map(Object.values(TOPICS).map((topic) => [topicString(components.networkId, topic), topic]));
  }

  /** Call when the host has started. Every node follows `node`; other topics are joined with their first handler. */
  start(): void {
    const { pubsub } = this.#components.host.services;
    for (const [name, topic] of this.#topicByString) {
      pubsub.topicValidators.set(name, (_relay, message) => RESULT[this.#judge(topic, message).outcome]);
    }
    pubsub.addEventListener('gossipsub:message', this.#onMessage);
    this.#join(nodeTopic.name);
  }

  stop(): void {
    this.#components.host.services.pubsub.removeEventListener('gossipsub:message', this.#onMessage);
    this.#handlers.clear();
  }

  async publish<T>(topic: TopicDescriptor<T>, body: T): Promise<void> {
    const { host, key, clock, networkId } = this.#components;
    const sentAt = clock.now();
    const data = sealEnvelope(topic, networkId, body, sentAt, key);
    await host.services.pubsub.publish(topicString(networkId, topic), data);
    const { peerId, publicKey } = key;
    this.#deliver(topic.name, body, { peerId, publicKey, sentAt, id: encode(envelopeId(data), 'base16'), own: true });
  }

  subscribe<T>(topic: TopicDescriptor<T>, handler: (message: T, from: EnvelopeMeta) => void): () => void {
    this.#join(topic.name);
    const handlers = this.#handlers.get(topic.name) ?? new Set();
    this.#handlers.set(topic.name, handlers.add(handler as Handler));
    return () => {
      handlers.delete(handler as Handler);
      if (handlers.size === 0 && topic.name !== nodeTopic.name) this.#leave(topic.name);
    };
  }

  #join(name: TopicName): void {
    this.#components.host.services.pubsub.subscribe(topicString(this.#components.networkId, TOPICS[name]));
  }

  #leave(name: TopicName): void {
    const { host, networkId } = this.#components;
    if (host.status === 'started') host.services.pubsub.unsubscribe(topicString(networkId, TOPICS[name]));
  }

  #judge(topic: AnyTopic, message: Message): Judgement {
    const judgement = this.#verdict(topic, message);
    const label = `${topic.name}:${judgement.code}`;
    this.verdicts.set(label, (this.verdicts.get(label) ?? 0) + 1);
    return judgement;
  }

  #verdict(topic: AnyTopic, message: Message): Judgement {
    const { networkId, contracts, clock, nodes, isRegistered, log } = this.#components;
    const now = clock.now();
    try {
      const opened = openEnvelope(topic, networkId, message.data, now);
      if ('outcome' in opened) return opened;
      const judgement = topic.rule(opened.body, opened, { networkId, contracts, now, nodes, isRegistered });
      if (judgement === ACCEPT) this.#opened.set(message, opened);
      return judgement;
    } catch (error) {
      // A defect of ours must cost no peer its score.
      log.error({ topic: topic.name, err: error }, 'a validator failed');
      return ignore('INTERNAL');
    }
  }

  readonly #onMessage = (event: CustomEvent<GossipsubMessage>): void => {
    const { msg, msgId } = event.detail;
    const topic = this.#topicByString.get(msg.topic);
    const opened = this.#opened.get(msg);
    if (topic === undefined || opened === undefined) return;
    const { body, peerId, publicKey, sentAt } = opened;
    this.#deliver(topic.name, body, { peerId, publicKey, sentAt, id: msgId, own: false });
  };

  #deliver(name: TopicName, message: unknown, from: EnvelopeMeta): void {
    if (name === nodeTopic.name) this.#components.nodes.accept(message as NodeAnnouncement);
    for (const handler of this.#handlers.get(name) ?? []) {
      try {
        handler(message, from);
      } catch (error) {
        this.#components.log.error({ topic: name, err: error }, 'a topic handler failed');
      }
    }
  }
}
