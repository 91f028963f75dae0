import { stat } from 'node:fs/promises';
import path from 'node:path';
import { storeError } from './errors.ts';
import { readHub } from './hub.ts';
import { listFolder } from './local.ts';
import { MODEL_FILES_MAX, type StoredSource } from './manifest.ts';
import type { ResolvedStoreOptions } from './options.ts';
import { checkTogether, isTraversal, parseListedPath } from './paths.ts';
import { type RemoteFile, type RemotePorts, remoteOpener } from './remote.ts';
import { Retries, type RetryPorts } from './retry.ts';
import { isPickle, selectFiles } from './select.ts';
import { lastPart, type Source } from './source.ts';

/** A file of this machine that is to be taken in. */
export interface LocalFile {
  readonly path: string;
  readonly size: number;
  /** Absolute. */
  readonly from: string;
}

/** What will make up the model. */
export interface Plan {
  readonly source: StoredSource;
  readonly variant: string | undefined;
  readonly license: string | undefined;
  readonly files: readonly (RemoteFile | LocalFile)[];
}

export interface Wish {
  readonly variant?: string | undefined;
  /** Expected SHA-256 of a file by URL, lower-case hex. */
  readonly sha256?: string | undefined;
}

export type PlanPorts = ResolvedStoreOptions & Pick<RemotePorts, 'lines'>;

export const isLocal = (file: RemoteFile | LocalFile): file is LocalFile => 'from' in file;

/**
 * Finds out what a source holds and chooses from it; downloads nothing but the listing.
 *
 * @throws STORE_PATH_UNSAFE, STORE_VARIANT_UNKNOWN, STORE_PICKLE_REFUSED, STORE_TOO_LARGE, STORE_SOURCE_INVALID and what `readHub` throws
 */
export async function makePlan(
  source: Source,
  wish: Wish,
  options: PlanPorts,
  onRetry: RetryPorts['onRetry'],
  signal: AbortSignal,
): Promise<Plan> {
  const plan = await drafts[source.kind](source as never, wish, options, onRetry, signal);
  if (plan.files.length > MODEL_FILES_MAX) {
    throw storeError('STORE_TOO_LARGE', `the model has ${plan.files.length} files`, {
      files: plan.files.length,
      filesMax: MODEL_FILES_MAX,
    });
  }
  checkTogether(plan.files.map((file) => parseListedPath(file.path)));
  return plan;
}

type Draft<K extends Source['kind']> = (
  source: Extract<Source, { kind: K }>,
  wish: Wish,
  options: PlanPorts,
  onRetry: RetryPorts['onRetry'],
  signal: AbortSignal,
) => Promise<Plan>;

const drafts: { readonly [K in Source['kind']]: Draft<K> } = {
  async hub({ repo, revision }, { variant }, options, onRetry, signal) {
    const retries = new Retries({ ...options, onRetry });
    for (;;) {
      try {
        const { commit, license, files } = await readHub(options.hub, repo, revision, options, signal);
        // One such name, chosen or not, is no accident.
        const outside = files.find(({ path }) => isTraversal(path));
        if (outside) parseListedPath(outside.path);
        const chosen = selectFiles(
          files.map(({ path }) => path),
          variant,
        );
        const wanted = new Set(chosen.paths);
        const source = { kind: 'hub' as const, endpoint: options.hub.endpoint.origin, repo, revision, commit };
        return { source, variant: chosen.variant, license, files: files.filter(({ path }) => wanted.has(path)) };
      } catch (error) {
        await retries.wait(error, signal);
      }
    }
  },

  async url({ url }, { sha256 }, options) {
    const file = lastPart(url);
    refusePickle(file);
    const bare = `${url.origin}${url.pathname}`;
    const open = remoteOpener(url, options);
    return {
      source: { kind: 'url', url: bare },
      variant: undefined,
      license: undefined,
      files: [{ path: file, sha256, identity: `url:${bare}`, open }],
    };
  },

  async local({ path: from }) {
    const info = await stat(from).catch(() => undefined);
    if (!info?.isFile() && !info?.isDirectory())
      throw storeError('STORE_SOURCE_INVALID', `there is no file or folder ${from}`, { path: from });
    if (info.isFile()) refusePickle(path.basename(from));
    const files = info.isFile() ? [{ path: path.basename(from), size: info.size, from }] : await listFolder(from);
    return { source: { kind: 'local', path: from }, variant: undefined, license: undefined, files };
  },
};

function refusePickle(file: string): void {
  if (isPickle(file)) throw storeError('STORE_PICKLE_REFUSED', `${file} may be a pickle: reading it would run its code`, { files: file });
}
