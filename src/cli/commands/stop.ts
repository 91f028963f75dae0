import type { GlobalOptions } from '../globals.ts';
import type { Io } from '../io.ts';
import { withNode } from '../node.ts';

/** Asks the running node to stop; it drains first. */
export async function stop(options: GlobalOptions, io: Io): Promise<void> {
  await withNode(options, io, (client) => client.call('node_stop', {}));
  io.out(options.json ? '{"ok":true}\n' : 'stopping\n');
}
