/** Which peers serve a model, through DHT provider records. docs/protocols/overview.md §8 */
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import type { ModelId } from '../../types/index.ts';
import type { Host } from './host.ts';

const RAW_CODEC = 0x55;
const SHA2_256 = 0x12;
/** Providers given for one search. */
export const PROVIDERS_MAX = 64;

/** CIDv1, raw codec, whose sha2-256 digest is the model id itself (a model id is a SHA-256). */
export function modelCid(model: ModelId): CID {
  return CID.createV1(RAW_CODEC, Digest.create(SHA2_256, Buffer.from(model.slice(2), 'hex')));
}

export async function provideModel(host: Host, model: ModelId, signal?: AbortSignal): Promise<void> {
  await host.contentRouting.provide(modelCid(model), signal === undefined ? {} : { signal });
}

export async function stopProviding(host: Host, model: ModelId): Promise<void> {
  await host.contentRouting.cancelReprovide(modelCid(model));
}

/** Distinct peer ids other than this host's, at most {@link PROVIDERS_MAX}. */
export async function* findModelProviders(host: Host, model: ModelId, signal?: AbortSignal): AsyncGenerator<string> {
  const seen = new Set([host.peerId.toString()]);
  for await (const provider of host.contentRouting.findProviders(modelCid(model), signal === undefined ? {} : { signal })) {
    const peerId = provider.id.toString();
    if (seen.has(peerId)) continue;
    seen.add(peerId);
    yield peerId;
    if (seen.size > PROVIDERS_MAX) return;
  }
}
