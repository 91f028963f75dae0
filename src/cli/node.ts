import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { apiError } from '../api/errors.ts';
import { connectRpc, type RpcClient } from '../api/rpc/client.ts';
import { cliEnv, homeDir } from '../config/load.ts';
import { isCoded } from '../util/errors.ts';
import { cliError } from './errors.ts';
import { type GlobalOptions, loadFor } from './globals.ts';
import type { Io } from './io.ts';

/** What a running devnet writes into `<home>/.cortensord/devnet/devnet.json`: the socket of its router, once that is up. */
const devnetFile = z.object({ socket: z.string().min(1).optional() });

export function devnetFilePath(home: string): string {
  return join(home, '.cortensord', 'devnet', 'devnet.json');
}

/**
 * A connection to the running node that the options mean: --socket or CORTENSORD_SOCKET, else the data dir's socket, else —
 * when no data dir was named — the router of a running devnet.
 *
 * @throws NODE_NOT_RUNNING, SOCKET_FORBIDDEN
 */
export async function connectNode(options: GlobalOptions, io: Io): Promise<RpcClient> {
  const named = options.socket ?? cliEnv('CORTENSORD_SOCKET', io.env);
  if (named !== undefined) return connectRpc(resolve(named));
  const { config, origin } = await loadFor(options, io);
  const tried = [config.api.rpc.socket];
  try {
    return await connectRpc(config.api.rpc.socket);
  } catch (error) {
    if (!isCoded(error, 'NODE_NOT_RUNNING')) throw error;
    if (origin('dataDir').kind !== 'default' || origin('api.rpc.socket').kind !== 'default') throw error;
  }
  const devnet = await devnetSocket(devnetFilePath(homeDir(io.env)));
  if (devnet !== undefined) {
    tried.push(devnet);
    try {
      return await connectRpc(devnet);
    } catch (error) {
      if (!isCoded(error, 'NODE_NOT_RUNNING')) throw error;
    }
  }
  throw apiError('NODE_NOT_RUNNING', `no node answers on ${tried.join(' or ')}`);
}

async function devnetSocket(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return devnetFile.parse(JSON.parse(text)).socket;
  } catch (error) {
    throw cliError('DEVNET_FILE_BROKEN', `${path} names no socket`, { path }, error);
  }
}

/** Runs `work` with a connection and closes it afterwards. */
export async function withNode<T>(options: GlobalOptions, io: Io, work: (client: RpcClient) => Promise<T>): Promise<T> {
  const client = await connectNode(options, io);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
