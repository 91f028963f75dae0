import { z } from 'zod';
import { storeError } from './errors.ts';
import { readText } from './http.ts';
import { FILE_BYTES_MAX } from './manifest.ts';
import { checkLinked, type RemoteFile, type RemotePorts, remoteOpener } from './remote.ts';

export const HUB_ENDPOINT = 'https://huggingface.co';
export const LISTING_BYTES_MAX = 16 << 20;
export const LISTING_FILES_MAX = 20_000;

const hash = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const size = z.number().int().min(0).max(FILE_BYTES_MAX);

/** `GET /api/models/<repo>/revision/<revision>?blobs=true`, as far as it is used. */
const listing = z.object({
  sha: hash(40).optional(),
  private: z.boolean().nullish(),
  /** `auto` or `manual` where terms are to be accepted first. */
  gated: z.union([z.boolean(), z.string()]).nullish(),
  cardData: z.object({ license: z.unknown().optional() }).nullish(),
  tags: z.array(z.string()).nullish(),
  siblings: z
    .array(
      z.object({
        rfilename: z.string().max(1_024),
        size: size.nullish(),
        blobId: z.string().nullish(),
        // Mirrors write `oid` where the hub writes `sha256`.
        lfs: z.object({ sha256: hash(64).optional(), oid: z.string().optional(), size: size.optional() }).nullish(),
      }),
    )
    .max(LISTING_FILES_MAX),
});

export interface HubAccess {
  readonly endpoint: URL;
  /** HF_TOKEN */
  readonly token?: string | undefined;
}

/** A repository at one commit. */
export interface HubModel {
  /** Undefined where a mirror does not tell. */
  readonly commit: string | undefined;
  readonly license: string | undefined;
  /** The hub says that it is neither private nor gated. */
  readonly open: boolean;
  /** Paths are as the listing has them: not checked yet. */
  readonly files: readonly RemoteFile[];
}

/** Where a hub is. @throws STORE_SOURCE_INVALID */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '') return url;
  throw storeError('STORE_SOURCE_INVALID', `HF_ENDPOINT is ${JSON.stringify(text.slice(0, 200))}; it must be an http or https URL`);
}

/**
 * Reads a repository's listing. Its files are fetched at the commit that it names, so that all are of one state.
 *
 * @throws STORE_LISTING_INVALID, STORE_REMOTE_NOT_FOUND, STORE_ACCESS_DENIED and what `readText` throws
 */
export async function readHub(
  { endpoint, token }: HubAccess,
  repo: string,
  revision: string,
  ports: RemotePorts,
  signal: AbortSignal,
): Promise<HubModel> {
  const base = endpoint.href.replace(/\/$/, '');
  const bearer = token === '' ? undefined : token;
  const api = new URL(`${base}/api/models/${encodePath(repo)}/revision/${encodeURIComponent(revision)}?blobs=true`);
  const found = parseListing(
    await readText(api, { bearer, headers: { accept: 'application/json' } }, LISTING_BYTES_MAX, ports, signal),
    repo,
  );
  const at = found.commit ?? revision;
  const files = found.files.map((file): RemoteFile => {
    const url = new URL(`${base}/${encodePath(repo)}/resolve/${encodeURIComponent(at)}/${encodePath(file.path)}`);
    const open = remoteOpener(url, ports, { bearer, check: (first) => checkLinked(file.path, file, first) });
    return { ...file, identity: `hub:${repo}@${at}/${file.path}`, open };
  });
  return { ...found, files };
}

/** What the listing says of one file. */
export type ListedFile = Pick<RemoteFile, 'path' | 'size' | 'sha256' | 'gitOid'>;

/** @throws STORE_LISTING_INVALID */
export function parseListing(json: string, repo: string): Omit<HubModel, 'files'> & { readonly files: readonly ListedFile[] } {
  let found: z.output<typeof listing>;
  try {
    found = listing.parse(JSON.parse(json));
  } catch (error) {
    throw storeError('STORE_LISTING_INVALID', `the listing of ${repo} cannot be understood`, { repo }, error);
  }
  const licenseTag = found.tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
  const license = found.cardData?.license ?? licenseTag;
  return {
    commit: found.sha,
    open: found.private === false && found.gated === false,
    license: typeof license === 'string' && license !== '' ? license.slice(0, 100) : undefined,
    files: found.siblings.map(({ rfilename, size, blobId, lfs }) => {
      const oid = /^(?:sha256:)?([0-9a-f]{64})$/.exec(lfs?.oid ?? '')?.[1];
      const sha256 = lfs?.sha256 ?? oid;
      const gitOid = lfs ? undefined : /^[0-9a-f]{40}$/.exec(blobId ?? '')?.[0];
      return { path: rfilename, size: lfs?.size ?? size ?? undefined, sha256, gitOid };
    }),
  };
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
