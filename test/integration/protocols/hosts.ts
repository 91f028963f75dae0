/** Real libp2p hosts in this process, on 127.0.0.1. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { privateKeyToAccount } from 'viem/accounts';
import { type NodeRecord, type SigningContracts, signStatement } from '../../../src/crypto/eip712.ts';
import { encryptionKeyOf, type PeerKey, peerKeyOf } from '../../../src/crypto/identity.ts';
import { networkIdOf } from '../../../src/crypto/ids.ts';
import { createHost, type Host, type HostOptions } from '../../../src/protocols/engine/host.ts';
import { type NetworkOptions, openNetwork } from '../../../src/protocols/engine/openNetwork.ts';
import type { Network } from '../../../src/protocols/network.ts';
import type { Capacity, NodeAnnouncement } from '../../../src/protocols/node/messages.ts';
import { type Address, type Hex, type Role, rolesToBits } from '../../../src/types/index.ts';
import { systemClock } from '../../../src/util/clock.ts';

export const CONTRACTS: SigningContracts = {
  chainId: 31_337,
  nodeRegistry: `0x${'a1'.repeat(20)}`,
  sessionManager: `0x${'a2'.repeat(20)}`,
  settlement: `0x${'a3'.repeat(20)}`,
};

const seedOf = (n: number): Uint8Array => Buffer.alloc(32, n);
const secretOf = (n: number): Hex => `0x${Buffer.alloc(32, n + 1).toString('hex')}`;

export interface TestHost {
  readonly key: PeerKey;
  readonly network: Network;
  readonly operator: ReturnType<typeof privateKeyToAccount>;
}

/** Host number `n` (1 to 200) has fixed keys. */
export async function startHost(
  n: number,
  options: Partial<NetworkOptions> & { registered?: (operator: Address, role: Role) => boolean } = {},
) {
  const { registered, ...rest } = options;
  const key = peerKeyOf(seedOf(n));
  const network = await openNetwork(
    {
      key,
      contracts: CONTRACTS,
      clock: systemClock,
      log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
      isRegistered: registered ?? (() => true),
    },
    {
      listen: ['/ip4/127.0.0.1/tcp/0'],
      bootstrap: [],
      privateAddresses: true,
      colocationWhitelist: ['127.0.0.1'],
      ...rest,
    },
  );
  const host: TestHost = { key, network, operator: privateKeyToAccount(secretOf(n)) };
  return host;
}

export async function announcement(
  { key, operator }: Pick<TestHost, 'key' | 'operator'>,
  roles: readonly Role[],
  capacity: Partial<Capacity> = {},
  record: Partial<NodeRecord> = {},
): Promise<NodeAnnouncement> {
  const now = Date.now();
  const whole: NodeRecord = {
    peerId: key.peerId,
    operator: operator.address.toLowerCase() as Address,
    owner: operator.address.toLowerCase() as Address,
    roles: rolesToBits(roles),
    encryptionKey: encryptionKeyOf(key.seed).publicKey,
    sequence: 1,
    expiresAt: now + 3_600_000,
    ...record,
  };
  const signature = await signStatement('NodeRecord', CONTRACTS, whole, operator);
  return { record: { record: whole, signature }, capacity: { models: [], freeSlots: 1, queueDepth: 0, sentAt: now, ...capacity } };
}

/** Hosts of the network without anything on them, each of its own key. */
export class BareHosts {
  readonly #hosts: Host[] = [];

  /** @param n makes the key */
  async start(n: number, options: Partial<HostOptions> = {}): Promise<Host> {
    const host = await createHost(
      { key: peerKeyOf(seedOf(n)) },
      {
        networkId: networkIdOf(CONTRACTS.chainId, CONTRACTS.nodeRegistry),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        bootstrap: [],
        privateAddresses: true,
        colocationWhitelist: ['127.0.0.1'],
        ...options,
      },
    );
    this.#hosts.push(host);
    await host.start();
    return host;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#hosts.splice(0).map((host) => host.stop()));
  }
}

export function firstAddress(host: TestHost): string {
  const [address] = host.network.addresses;
  if (address === undefined) throw new Error('the host listens nowhere');
  return address;
}

/** Resolves when `condition` holds; looks again on every turn of a short interval, without a limit of its own (mocha has one). */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(20);
}

export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'cortensord-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export const aborted = (signal: AbortSignal): Promise<unknown> => (signal.aborted ? Promise.resolve() : once(signal, 'abort'));
