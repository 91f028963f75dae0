import { z } from 'zod';
import { field, int, section } from '../field.ts';

export const api = section('Ways in.', {
  rest: section('OpenAI-compatible HTTP. It starts on routers; other roles serve /health, /ready and /metrics.', {
    enabled: field({ doc: 'Serve HTTP at all.' }, z.boolean().default(true)),
    host: field({ doc: 'Address to bind. Anything but loopback needs tokenFile.' }, z.string().min(1).max(255).default('127.0.0.1')),
    port: field({ doc: 'TCP port; 0 picks a free one.' }, int(0, 65_535).default(4411)),
    allowedHosts: field(
      { doc: 'Names accepted in the Host header, without port (against DNS rebinding).' },
      z.array(z.string().min(1).max(255)).max(64).default(['localhost', '127.0.0.1', '::1']),
    ),
    allowedOrigins: field(
      { doc: 'Web origins (scheme://host[:port]) whose pages may call this API. None by default.' },
      z.array(z.url()).max(64).default([]),
    ),
    tokenFile: field(
      { doc: 'File whose first line is an access token, sent as `X-Cortensor-Token`; required when host is not loopback.', path: true },
      z.string().default(''),
    ),
    bodyBytesMax: field({ doc: 'Largest request body.', unit: 'bytes' }, int(1_024, 16_777_216).default(1_048_576)),
    connectionsMax: field({ doc: 'Open HTTP connections.' }, int(1, 65_535).default(1_024)),
  }),
  rpc: section('JSON-RPC 2.0 on a unix socket: the CLI speaks it. Who can open the socket controls the node.', {
    socket: field({ doc: 'Path of the socket. Empty: cortensord.sock in the data dir.', path: true }, z.string().max(103).default('')),
    connectionsMax: field({ doc: 'Open connections.' }, int(1, 1_024).default(64)),
  }),
});
