import { homedir } from 'node:os';
import path from 'node:path';
import { parseCid, parseContentId } from './content/cid.ts';
import { storeError } from './errors.ts';
import { nameFrom } from './names.ts';

/** Where a model comes from. */
export type Source =
  /** A repository on the Hugging Face hub or a mirror of it. */
  | { readonly kind: 'hub'; readonly repo: string; readonly revision: string }
  /** One file by HTTP. */
  | { readonly kind: 'url'; readonly url: URL }
  /** A file or a folder of this machine. */
  | { readonly kind: 'local'; readonly path: string }
  /** A CAR file of this machine. */
  | { readonly kind: 'car'; readonly path: string }
  /** Nodes that share the content. */
  | { readonly kind: 'peers'; readonly cid: string };

export interface SourceContext {
  /** Hub whose page URLs are understood as repositories. */
  readonly endpoint: URL;
  /** Relative paths start here. */
  readonly cwd: string;
  /** `~`; the user's by default. */
  readonly home?: string;
  /** `--revision`; wins over `@revision`. */
  readonly revision?: string;
}

const REPO_PART = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?$/;
/** A branch, tag or commit: what git allows, less what would be another path or query. */
const REVISION = /^[A-Za-z0-9_](?:[A-Za-z0-9._/+-]{0,253}[A-Za-z0-9_+-])?$/;
const DEFAULT_REVISION = 'main';
/** One that lost or changed a letter on the way is no repository's name. */
const CONTENT_ID_LIKE = /^(?:baf[a-z0-9]{30,}|Qm[A-Za-z0-9]{30,})$/;

/** `owner/name`, or `name` for the hub's oldest models. */
export function isRepo(text: string): boolean {
  const parts = text.split('/');
  return parts.length <= 2 && parts.every((part) => REPO_PART.test(part) && !part.includes('--') && !part.includes('..'));
}

/**
 * Understands `owner/name[@revision]` (also with `hf:` or `hf://` before it), a page of the hub, another URL of one file, a content id (also
 * with `ipfs://` before it), or a path that begins with `/`, `./`, `../` or `~`; one that ends in `.car`
 * is a CAR file.
 *
 * @throws STORE_SOURCE_INVALID
 */
export function parseSource(text: string, context: SourceContext): Source {
  if (/^(?:\.{0,2}\/|~\/|\.{1,2}$)/.test(text)) {
    const local = localPath(text, context);
    return { kind: /\.car$/i.test(local) ? 'car' : 'local', path: local };
  }
  if (/^https?:\/\//i.test(text)) return parseUrl(text, context);
  if (text.startsWith('ipfs://')) return { kind: 'peers', cid: parseContentId(text.slice('ipfs://'.length).replace(/\/$/, '')).toString() };
  if (CONTENT_ID_LIKE.test(text) || parseCid(text) !== undefined) return { kind: 'peers', cid: parseContentId(text).toString() };
  const match = /^(?:hf:(?:\/\/)?)?([^@]+)(?:@(.+))?$/.exec(text);
  if (match?.[1] !== undefined && isRepo(match[1])) return hub(match[1], context.revision ?? match[2] ?? DEFAULT_REVISION);
  throw storeError('STORE_SOURCE_INVALID', `${JSON.stringify(text.slice(0, 200))} is no repository, no URL, no content id and no path`);
}

/** The name a model gets when none is given. @throws STORE_NAME_INVALID */
export function defaultName(source: Source): string {
  if (source.kind === 'peers') return nameFrom(source.cid);
  if (source.kind === 'hub') return nameFrom(source.repo.split('/').at(-1) ?? '');
  const file = source.kind === 'url' ? lastPart(source.url) : path.basename(source.path);
  return nameFrom(file.replace(/\.(?:gguf|safetensors|onnx|car)$/i, ''));
}

/** The file name in a URL, decoded. @throws STORE_SOURCE_INVALID */
export function lastPart(url: URL): string {
  try {
    return decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
  } catch (error) {
    throw storeError('STORE_SOURCE_INVALID', 'the URL’s path is not valid percent encoding', {}, error);
  }
}

export const isLoopback = (url: URL): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);

function hub(repo: string, revision: string): Source {
  if (!REVISION.test(revision) || revision.includes('..') || revision.includes('//')) {
    throw storeError('STORE_SOURCE_INVALID', `${JSON.stringify(revision.slice(0, 100))} is no revision`, { repo });
  }
  return { kind: 'hub', repo, revision };
}

function localPath(text: string, { cwd, home = homedir() }: SourceContext): string {
  return text.startsWith('~') ? path.join(home, text.slice(1)) : path.resolve(cwd, text);
}

function parseUrl(text: string, context: SourceContext): Source {
  if (!URL.canParse(text)) throw storeError('STORE_SOURCE_INVALID', 'the URL cannot be understood');
  const url = new URL(text);
  url.hash = '';
  if (url.username !== '' || url.password !== '') {
    throw storeError('STORE_SOURCE_INVALID', 'the URL holds a user name or a password; use HF_TOKEN, or a signed URL');
  }
  const base = context.endpoint.pathname.replace(/\/$/, '');
  if (url.host === context.endpoint.host && url.pathname.startsWith(`${base}/`)) {
    const parts = url.pathname
      .slice(base.length + 1)
      .replace(/\/$/, '')
      .split('/')
      .map(decodeURIComponent);
    const [owner = '', name, page, ...rest] = parts;
    const repo = name === undefined ? owner : `${owner}/${name}`;
    if (isRepo(repo) && (page === undefined || (page === 'tree' && rest.length > 0))) {
      return hub(repo, context.revision ?? (page === undefined ? DEFAULT_REVISION : rest.join('/')));
    }
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw storeError('STORE_SOURCE_INVALID', `${url.origin} would be read without encryption; use https`, { origin: url.origin });
  }
  return { kind: 'url', url };
}
