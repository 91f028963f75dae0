import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A model repository that the server holds. */
export interface FakeRepo {
  readonly commit: string;
  readonly license?: string;
  /** Path to content; above `LFS_BYTES` it is served as LFS: by redirect to the other port. */
  readonly files: Record<string, Buffer>;
  /** Changes the listing's entry of a file. */
  readonly listed?: (path: string, entry: Record<string, unknown>) => Record<string, unknown>;
}

export interface Seen {
  readonly host: 'hub' | 'cdn';
  readonly path: string;
  readonly query: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** By fetch, not over a line of our own. */
  readonly fetched: boolean;
}

/** May answer in place of the server (true), or change the response that it will make. */
export type Behaviour = (request: Seen, response: ServerResponse, serve: Serve) => boolean | undefined;

/** What would be sent: change it before it goes out. */
export interface Serve {
  content: Buffer;
  etag: string;
  ranges: boolean;
  /** False: the answer does not tell its length. */
  sized?: boolean;
  /** Sent in place of the right Content-Range. */
  contentRange?: string;
  /** Cut the connection after so many bytes of this answer. */
  cutAfter?: number;
  /** Send so many bytes and then nothing. */
  stallAfter?: number;
}

/** Behaviours that change what is served, or refuse to. */
export function change(serve: Serve, to: Partial<Serve>): undefined {
  Object.assign(serve, to);
}
export function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): true {
  response.writeHead(status, headers).end();
  return true;
}

const LFS_BYTES = 1_000;

/** A hub and, on another port, the storage that it redirects large files to. Real sockets on 127.0.0.1. */
export class FakeHub {
  readonly repos = new Map<string, FakeRepo>();
  /** Tried in order; removed by the test. */
  readonly behaviours: Behaviour[] = [];
  readonly seen: Seen[] = [];
  readonly #hub: Server;
  readonly #cdn: Server;

  readonly #protocol: 'http' | 'https';

  private constructor(tls: ServerOptions | undefined) {
    const serve = (listener: RequestListener): Server => (tls ? createSecureServer(tls, listener) : createServer(listener));
    this.#protocol = tls ? 'https' : 'http';
    this.#hub = serve((request, response) => this.#onHub(request, response));
    this.#cdn = serve((request, response) => this.#onCdn(request, response));
  }

  static async start(tls?: ServerOptions): Promise<FakeHub> {
    const hub = new FakeHub(tls);
    for (const server of [hub.#hub, hub.#cdn]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return hub;
  }

  async close(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  get endpoint(): URL {
    return new URL(`${this.#protocol}://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`);
  }

  get cdn(): URL {
    return new URL(`${this.#protocol}://127.0.0.1:${(this.#cdn.address() as AddressInfo).port}`);
  }

  /** Data requests for a file (not its redirect). */
  reads(path: string): Seen[] {
    return this.seen.filter((seen) => seen.path.endsWith(path) && (seen.host === 'cdn' || !this.#isLfs(path)));
  }

  #isLfs(path: string): boolean {
    return [...this.repos.values()].some((repo) => (repo.files[path]?.length ?? 0) > LFS_BYTES);
  }

  #note(host: Seen['host'], request: IncomingMessage): Seen {
    const { range, authorization } = request.headers;
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const fetched = request.headers['sec-fetch-mode'] !== undefined;
    const seen = { host, path: decodeURIComponent(path), query, range, authorization, fetched };
    this.seen.push(seen);
    return seen;
  }

  #onHub(request: IncomingMessage, response: ServerResponse): void {
    const seen = this.#note('hub', request);
    const serve: Serve = { content: Buffer.alloc(0), etag: '', ranges: true };
    const api = /^\/api\/models\/(.+)\/revision\/([^/]+)$/.exec(seen.path);
    const resolved = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(seen.path);
    const repo = this.repos.get(api?.[1] ?? resolved?.[1] ?? '');
    const content = resolved?.[3] === undefined ? undefined : repo?.files[resolved[3]];
    if (content !== undefined) Object.assign(serve, { content, etag: `"${sha(content)}"` });
    if (this.behaviours.some((behaviour) => behaviour(seen, response, serve))) return;
    if (!repo) {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound', 'x-error-message': 'Repository not found' }).end();
      return;
    }
    if (api) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(listingOf(repo)));
    } else if (content === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    } else if (content.length > LFS_BYTES) {
      response
        .writeHead(302, {
          location: `${this.cdn.origin}/signed/${seen.path.slice(1)}?signature=${randomBytes(4).toString('hex')}`,
          'x-linked-size': content.length,
          'x-linked-etag': `"${sha(content)}"`,
          'x-repo-commit': repo.commit,
        })
        .end();
    } else {
      send(response, seen, serve);
    }
  }

  #onCdn(request: IncomingMessage, response: ServerResponse): void {
    const seen = this.#note('cdn', request);
    const parts = /^\/signed\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(seen.path);
    const content = this.repos.get(parts?.[1] ?? '')?.files[parts?.[3] ?? ''];
    const serve: Serve = { content: content ?? Buffer.alloc(0), etag: `"${sha(content ?? Buffer.alloc(0))}"`, ranges: true };
    if (this.behaviours.some((behaviour) => behaviour(seen, response, serve))) return;
    if (content === undefined) response.writeHead(404).end();
    else send(response, seen, serve);
  }
}

export const sha = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const gitOid = (content: Buffer): string => createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

function listingOf({ commit, license, files, listed }: FakeRepo): unknown {
  const siblings = Object.entries(files).map(([rfilename, content]) => {
    const lfs = content.length > LFS_BYTES ? { lfs: { sha256: sha(content), size: content.length, pointerSize: 130 } } : {};
    const entry = { rfilename, size: content.length, blobId: gitOid(content), ...lfs };
    return listed?.(rfilename, entry) ?? entry;
  });
  return { id: 'x', sha: commit, cardData: license === undefined ? null : { license }, tags: [], private: false, gated: false, siblings };
}

function send(
  response: ServerResponse,
  seen: Seen,
  { content, etag, ranges, sized = true, contentRange, cutAfter, stallAfter }: Serve,
): void {
  const match = ranges ? /^bytes=(\d+)-(\d+)$/.exec(seen.range ?? '') : null;
  const first = Number(match?.[1] ?? 0);
  const last = Math.min(Number(match?.[2] ?? content.length - 1), content.length - 1);
  if (first > last && content.length > 0) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const body = content.subarray(first, last + 1);
  response.writeHead(match ? 206 : 200, {
    ...(sized ? { 'content-length': body.length } : {}),
    ...(etag === '' ? {} : { etag }),
    ...(match ? { 'content-range': contentRange ?? `bytes ${first}-${last}/${content.length}` } : {}),
  });
  const stop = cutAfter ?? stallAfter;
  if (stop === undefined || stop >= body.length) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, stop), () => {
    if (cutAfter !== undefined) response.destroy();
  });
}
