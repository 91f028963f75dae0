/** Which peers serve a model, or share its content, through DHT provider records. docs/protocols/overview.md §8 */
import { once } from 'node:events';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import type { ModelId } from '../../types/index.ts';
import { withDeadline } from '../../util/deadline.ts';
import type { ContentKey } from '../network.ts';
import type { PlainHost } from './host.ts';

const RAW_CODEC = 0x55;
const SHA2_256 = 0x12;
/** Providers given for one search. */
export const PROVIDERS_MAX = 64;

/** CIDv1, raw codec, whose sha2-256 digest is the model id itself (a model id is a SHA-256). */
export function modelCid(model: ModelId): CID {
  return CID.createV1(RAW_CODEC, Digest.create(SHA2_256, Buffer.from(model.slice(2), 'hex')));
}

const keyCid = (key: ContentKey): CID => (typeof key === 'string' ? modelCid(key) : key);

/** What is used of the DHT's routing table: the class has it, the interface that it is returned as does not. */
interface RoutingTable extends EventTarget {
  readonly size: number;
}

/** Longest wait for a first peer of the DHT when the caller sets no limit. */
const ROUTED_TIMEOUT_MS = 60_000;

/** Until the DHT has a peer to ask: a query without one would end empty-handed at once. @throws TIMEOUT */
async function routed(host: PlainHost, signal: AbortSignal | undefined): Promise<void> {
  const { routingTable } = host.services.dht as unknown as { readonly routingTable: RoutingTable };
  await withDeadline('a first peer of the DHT', ROUTED_TIMEOUT_MS, signal, async (inner) => {
    while (routingTable.size === 0) await once(routingTable, 'peer:add', { signal: inner });
  });
}

export async function provideKey(host: PlainHost, key: ContentKey, signal?: AbortSignal): Promise<void> {
  await routed(host, signal);
  await host.contentRouting.provide(keyCid(key), signal === undefined ? {} : { signal });
}

export async function stopProviding(host: PlainHost, key: ContentKey): Promise<void> {
  await host.contentRouting.cancelReprovide(keyCid(key));
}

/** Distinct peer ids other than this host's, at most {@link PROVIDERS_MAX}. */
export async function* findKeyProviders(host: PlainHost, key: ContentKey, signal?: AbortSignal): AsyncGenerator<string> {
  await routed(host, signal);
  const seen = new Set([host.peerId.toString()]);
  for await (const provider of host.contentRouting.findProviders(keyCid(key), signal === undefined ? {} : { signal })) {
    const peerId = provider.id.toString();
    if (seen.has(peerId)) continue;
    seen.add(peerId);
    yield peerId;
    if (seen.size > PROVIDERS_MAX) return;
  }
}
