import { mkdir, stat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { apiError } from '../errors.ts';
import { SOCKET_PATH_BYTES_MAX } from './limits.ts';

const PROBE_TIMEOUT_MS = 1_000;

/** Makes the socket's directory (0700) when absent; refuses one that other users can write to. @throws SOCKET_PATH_TOO_LONG, SOCKET_DIR_UNSAFE */
export async function prepareSocketDir(path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > SOCKET_PATH_BYTES_MAX) {
    throw apiError('SOCKET_PATH_TOO_LONG', `${path} is ${bytes} bytes; at most ${SOCKET_PATH_BYTES_MAX}`, { bytes });
  }
  const dir = dirname(path);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { mode } = await stat(dir);
  const sticky = (mode & 0o1000) !== 0;
  if ((mode & 0o022) !== 0 && !sticky) {
    throw apiError('SOCKET_DIR_UNSAFE', `${dir} has mode ${(mode & 0o777).toString(8)}`, { dir });
  }
}

/** Binds the socket with mode 0600; takes over a stale one only when nobody answers on it. @throws SOCKET_IN_USE */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  try {
    await bind(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (!(await stat(path)).isSocket()) throw apiError('SOCKET_IN_USE', `${path} exists and is not a socket`, { path });
    if (await answers(path)) throw apiError('SOCKET_IN_USE', `another process answers on ${path}`, { path });
    await unlink(path);
    await bind(server, path);
  }
}

/** The umask holds for the synchronous part of listen(), in which the file is made: it never exists with a wider mode. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const umask = process.umask(0o177);
    try {
      server.once('error', reject);
      server.listen(path, () => {
        server.removeListener('error', reject);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}

/** Whether a process accepts connections on the socket. A socket we may not open, or that is too busy to answer, counts as alive. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (alive: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(alive);
    };
    const timer = setTimeout(() => finish(true), PROBE_TIMEOUT_MS);
    socket.once('connect', () => finish(true));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
}
