import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SigningContracts } from '../../../src/crypto/eip712.ts';
import { EnvelopeMessage, openEnvelope } from '../../../src/protocols/envelope.ts';
import { NodeAnnouncementMessage } from '../../../src/protocols/node/messages.ts';
import { NodeTable } from '../../../src/protocols/node/table.ts';
import { type AnyTopic, STREAMS, TOPICS } from '../../../src/protocols/registry.ts';
import type { Judgement } from '../../../src/protocols/validate.ts';
import type { Address, NetworkId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { FRAME_MESSAGES, type FrameCase, plain, type TopicCase, vectorFiles } from '../../fixtures/vectors/generate.ts';

const DIRECTORY = join(import.meta.dirname, '..', '..', 'fixtures', 'vectors');

interface TopicVectors {
  readonly topic: keyof typeof TOPICS;
  readonly context: {
    readonly now: number;
    readonly networkId: NetworkId;
    readonly contracts: SigningContracts;
    readonly unregistered: readonly Address[];
    readonly known: readonly string[];
  };
  readonly cases: readonly TopicCase[];
}
interface FrameVectors {
  readonly stream: string;
  readonly cases: readonly FrameCase[];
}

const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'));
const load = (name: string): TopicVectors | FrameVectors => JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8'));
const fromHex = (hex: string): Buffer => Buffer.from(hex.slice(2), 'hex');

function judge({ topic, context }: TopicVectors, data: Uint8Array): Judgement {
  const nodes = new NodeTable({ now: () => context.now });
  for (const known of context.known) assert.equal(nodes.accept(NodeAnnouncementMessage.decode(fromHex(known))), 'joined');
  const descriptor = TOPICS[topic];
  const opened = openEnvelope(descriptor, context.networkId, data, context.now);
  if ('outcome' in opened) return opened;
  return descriptor.rule(opened.body, opened, {
    networkId: context.networkId,
    contracts: context.contracts,
    now: context.now,
    nodes,
    isRegistered: (operator) => !context.unregistered.includes(operator),
  });
}

describe('test vectors', () => {
  it('there is a file for each topic and stream', () => {
    const expected = [...Object.keys(TOPICS), ...Object.keys(STREAMS)].map((name) => `${name}.json`);
    assert.deepEqual([...files].sort(), expected.sort());
  });

  it('the committed files are what the generator makes', async () => {
    for (const [name, text] of await vectorFiles()) assert.deepEqual(load(name), JSON.parse(text), name);
  });

  for (const name of files) {
    const vectors = load(name);
    describe(name, () => {
      if ('topic' in vectors) {
        for (const item of vectors.cases) {
          it(`${item.code}: ${item.name}`, () => {
            const data = fromHex(item.data);
            const { outcome, code } = judge(vectors, data);
            assert.deepEqual({ outcome, code }, { outcome: item.outcome, code: item.code });
          });
        }
        it('what is accepted encodes to the same bytes again', () => {
          for (const item of vectors.cases.filter((one) => one.code === 'ACCEPTED' && !one.name.includes('not known'))) {
            const data = fromHex(item.data);
            const envelope = EnvelopeMessage.decode(data);
            assert.deepEqual(Buffer.from(EnvelopeMessage.encode(envelope)), data);
            const { message }: AnyTopic = TOPICS[vectors.topic];
            assert.deepEqual(Buffer.from(message.encode(message.decode(envelope.body))), Buffer.from(envelope.body));
          }
        });
      } else {
        for (const item of vectors.cases) {
          it(`${item.error ?? item.message}: ${item.name}`, () => {
            const message = FRAME_MESSAGES[item.message];
            assert.ok(message);
            const data = fromHex(item.data);
            if (item.error !== undefined)
              return assert.throws(
                () => message.decode(data),
                (error) => isCoded(error, item.error),
              );
            const value = message.decode(data);
            assert.deepEqual(plain(value), item.value);
            assert.deepEqual(Buffer.from(message.encode(value)), data);
          });
        }
      }
    });
  }
});
