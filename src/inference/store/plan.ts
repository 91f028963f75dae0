import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { CID } from 'multiformats/cid';
import { CarBlocks } from './car/carBlocks.ts';
import { parseContentId } from './content/cid.ts';
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
import type { PeerFile } from './swarm/gather.ts';
import type { BlockSource } from './swarm/ports.ts';
import type { Swarm } from './swarm/swarm.ts';
import { listContent, readTrees } from './swarm/walk.ts';

/** A file of this machine that is to be taken in. */
export interface LocalFile {
  readonly path: string;
  readonly size: number;
  /** Absolute. */
  readonly from: string;
}

export type PlannedFile = RemoteFile | LocalFile | PeerFile;

/** What will make up the model. */
export interface Plan {
  readonly source: StoredSource;
  readonly variant: string | undefined;
  readonly license: string | undefined;
  /** Anybody can get it where it is from: it may be passed on. */
  readonly open: boolean;
  readonly files: readonly PlannedFile[];
}

export interface Wish {
  readonly variant?: string | undefined;
  /** Expected SHA-256 of a file by URL, lower-case hex. */
  readonly sha256?: string | undefined;
  /** Whether other nodes may have the model; what is open at its source by default. */
  readonly share?: boolean | undefined;
}

export interface PlanPorts extends ResolvedStoreOptions, Pick<RemotePorts, 'lines'> {
  /** The nodes that have a content. @throws STORE_NO_PEERS */
  readonly swarm: (root: CID) => Swarm;
  /** @throws STORE_DISK_FULL */
  readonly room: (files: readonly { readonly size: number; readonly cid: CID }[]) => Promise<void>;
}

export const isLocal = (file: PlannedFile): file is LocalFile => 'from' in file;
export const isPeer = (file: PlannedFile): file is PeerFile => 'swarm' in file;

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
        const { commit, license, open, files } = await readHub(options.hub, repo, revision, options, signal);
        // One such name, chosen or not, is no accident.
        const outside = files.find(({ path }) => isTraversal(path));
        if (outside) parseListedPath(outside.path);
        const chosen = selectFiles(
          files.map(({ path }) => path),
          variant,
        );
        const wanted = new Set(chosen.paths);
        const source = { kind: 'hub' as const, endpoint: options.hub.endpoint.origin, repo, revision, commit };
        return { source, variant: chosen.variant, license, open, files: files.filter(({ path }) => wanted.has(path)) };
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
      open: false,
      files: [{ path: file, sha256, identity: `url:${bare}`, open }],
    };
  },

  async local({ path: from }) {
    const info = await stat(from).catch(() => undefined);
    if (!info?.isFile() && !info?.isDirectory())
      throw storeError('STORE_SOURCE_INVALID', `there is no file or folder ${from}`, { path: from });
    if (info.isFile()) refusePickle(path.basename(from));
    const files = info.isFile() ? [{ path: path.basename(from), size: info.size, from }] : await listFolder(from);
    return { source: { kind: 'local', path: from }, variant: undefined, license: undefined, open: false, files };
  },

  async peers({ cid }, _wish, { swarm, room }, _onRetry, signal) {
    const root = parseContentId(cid);
    const files = await planContent(root, swarm(root), room, signal);
    return { source: { kind: 'peers', cid }, variant: undefined, license: undefined, open: true, files };
  },

  async car({ path: from }, _wish, { room }, _onRetry, signal) {
    const car = await CarBlocks.open(from, signal);
    const files = await planContent(car.root, car, room, signal);
    for (const { cid, leaves } of files) car.know(cid, leaves);
    return { source: { kind: 'local', path: from }, variant: undefined, license: undefined, open: false, files };
  },
};

async function planContent(root: CID, swarm: BlockSource, room: PlanPorts['room'], signal: AbortSignal): Promise<PeerFile[]> {
  const listed = await listContent(root, swarm, signal);
  for (const { path } of listed) refusePickle(path);
  await room(listed);
  const dags = await readTrees(root, listed, swarm, signal);
  return listed.map(({ path, size, cid }, at): PeerFile => ({ path, size, cid, leaves: dags[at]?.leaves as Uint8Array, swarm }));
}

function refusePickle(file: string): void {
  if (isPickle(file)) throw storeError('STORE_PICKLE_REFUSED', `${file} may be a pickle: reading it would run its code`, { files: file });
}
