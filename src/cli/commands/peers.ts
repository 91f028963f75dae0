import type { GlobalOptions } from '../globals.ts';
import type { Io } from '../io.ts';
import { withNode } from '../node.ts';
import { table } from '../output.ts';

export async function peers(options: GlobalOptions, io: Io): Promise<void> {
  const list = await withNode(options, io, (client) => client.call('net_peers', {}));
  if (options.json) {
    io.out(`${JSON.stringify(list)}\n`);
    return;
  }
  if (list.length === 0) {
    io.out('no peers\n');
    return;
  }
  const rows = list.map((peer) => [
    peer.peerId,
    peer.roles?.join(',') ?? '?',
    peer.operator ?? '?',
    peer.direction ?? '?',
    peer.latencyMs === undefined ? '?' : `${peer.latencyMs.toFixed(1)} ms`,
    peer.address ?? '?',
  ]);
  io.out(table(['peer', 'roles', 'operator', 'direction', 'latency', 'address'], rows));
}
