import { z } from 'zod';
import { field, int, section } from '../field.ts';

const multiaddr = z
  .string()
  .max(512)
  .regex(/^\/(ip4|ip6|dns|dns4|dns6|dnsaddr)\//, 'must be a multiaddr such as /ip4/203.0.113.7/tcp/4410');

export const network = section('The libp2p host.', {
  devnet: field(
    { doc: 'This node is part of a private test network on this machine: fault injection is allowed, nothing here is worth money.' },
    z.boolean().default(false),
  ),
  listen: field(
    { doc: 'Multiaddrs to listen on; tcp/0 picks a free port.' },
    z.array(multiaddr).min(1).max(16).default(['/ip4/0.0.0.0/tcp/4410']),
  ),
  announce: field(
    { doc: 'Multiaddrs told to others instead of the ones listened on (behind a port forward).' },
    z.array(multiaddr).max(16).default([]),
  ),
  bootstrap: field(
    {
      doc: 'Multiaddrs (with /p2p/<peer id>) of peers to join through; the rest is found in the DHT.',
      example: ['/ip4/203.0.113.7/tcp/4410/p2p/12D3KooW…'],
    },
    z
      .array(multiaddr.refine((address) => address.includes('/p2p/'), 'must end with /p2p/<peer id>'))
      .max(64)
      .default([]),
  ),
  allowPrivateAddresses: field({ doc: 'Keep private and loopback addresses in the DHT (LANs and devnets).' }, z.boolean().default(false)),
  colocationWhitelist: field(
    { doc: 'IP addresses on which many peers may live without losing gossip score (one NAT, one LAN).' },
    z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .max(64)
      .default([]),
  ),
  connectionsMax: field({ doc: 'Open connections.' }, int(8, 5_000).default(300)),
});

export const chain = section('The EVM chain with registry, sessions and settlement.', {
  rpcUrl: field(
    { doc: 'JSON-RPC endpoint: http(s)://, ws(s):// or the path of an ipc socket.' },
    z
      .string()
      .regex(/^((https?|wss?):\/\/.+|\/.+)$/, 'must start with http://, https://, ws://, wss:// or be an absolute socket path')
      .default('http://127.0.0.1:8545'),
  ),
  deploymentFile: field(
    { doc: 'JSON file with chain ids and contract addresses. Empty: deployment.json in the data dir.', path: true },
    z.string().default(''),
  ),
  layer: field(
    { doc: 'Layer that the node works on, when the deployment has three; l3 is for members only.' },
    z.enum(['l2', 'l3']).default('l2'),
  ),
  confirmations: field({ doc: 'Blocks on top of a transaction before it counts.', unit: 'blocks' }, int(0, 1_000).default(1)),
  pollMs: field({ doc: 'How often the head is asked for.', unit: 'ms' }, int(50, 60_000).default(1_000)),
});
