import { isCoded } from '../../util/errors.ts';
import { hasBlob } from './blobs.ts';
import { checkFree, missingOf, modelNames, publish, readModel, sweep } from './catalog.ts';
import { type Content, contentOf } from './content/contentOf.ts';
import { DirectLines } from './direct.ts';
import { checkRoom, makeFolders } from './disk.ts';
import { storeError } from './errors.ts';
import type { StoreEvent } from './events.ts';
import { contentKey, fetchFile, keyOf, stripe } from './fetch.ts';
import type { StoreLayout } from './layout.ts';
import { lockNow, STORE_LOCK, takeLock } from './lock.ts';
import { type StoredFile, type StoreManifest, totalBytes } from './manifest.ts';
import type { ResolvedStoreOptions } from './options.ts';
import { bytesLeft, sweepPartials } from './partial.ts';
import { isLocal, isPeer, makePlan, type Plan, type PlanPorts, type Wish } from './plan.ts';
import { ProgressMeter } from './rate.ts';
import type { Source } from './source.ts';
import { Swarm } from './swarm/swarm.ts';

/** A sweep of another process may take a blob between its download and the manifest: then it is fetched again, so often at most. */
const ROUNDS_MAX = 3;

export interface PullJob {
  readonly source: Source;
  readonly name: string;
  readonly wish: Wish;
}

/** One pull or import, from the listing to the view. */
export async function runPull(
  job: PullJob,
  layout: StoreLayout,
  options: ResolvedStoreOptions,
  tell: (event: StoreEvent) => void,
  signal: AbortSignal,
): Promise<StoreManifest> {
  const { clock, lockWaitMs: waitMs } = options;
  await makeFolders(layout);
  const onWait = (): void => tell({ type: 'waiting', what: job.name });
  using _lock = await takeLock(layout, `model-${job.name.toLowerCase()}`, { clock, waitMs, signal, onWait });
  const onRetry = (error: unknown, wait: number, attempt: number): void => {
    const [code, message] = isCoded(error) ? [error.code, error.message] : ['INTERNAL', String(error)];
    tell({ type: 'retry', path: '', code, message, attempt, waitMs: wait });
  };
  using lines = new DirectLines();
  await using swarms = new AsyncDisposableStack();
  const known = await contentHere(layout);
  const ports: PlanPorts = {
    ...options,
    lines: options.direct ? lines : undefined,
    swarm: (root) => {
      if (options.peers === undefined) throw storeError('STORE_NO_PEERS', 'this store has no nodes to ask');
      return swarms.use(new Swarm(root, options.peers, { ...options, tell }));
    },
    room: async (files) => {
      let needed = 0;
      for (const { size, cid } of files)
        if (!known.has(cid.toString())) needed += Math.max(0, size - (await bytesLeft(layout, contentKey(cid))));
      await checkRoom(layout.root, needed);
    },
  };
  await sweepPartials(layout, clock.now(), (key) => lockNow(layout, stripe(key)));
  const there = await modelThere(layout, job.name);
  const plan = withKnown(await makePlan(job.source, job.wish, ports, onRetry, signal), there, known);
  await checkFree(layout, job.name, plan.source);
  const meter = await announce(job.name, plan, layout, options, tell);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const files: StoredFile[] = [];
    for (const file of plan.files) files.push(await fetchFile(file, { layout, options, meter, tell }, signal));
    using _store = await takeLock(layout, STORE_LOCK, { clock, waitMs, signal });
    if ((await missingOf(layout, files)).length > 0) continue;
    const content = await contentOf(layout, files, signal);
    const shared = job.wish.share ?? there?.shared ?? plan.open;
    await publish(layout, manifestOf(job.name, plan, content, shared, new Date(clock.now())));
    const model = await readModel(layout, job.name);
    await sweep(layout);
    return model;
  }
  throw storeError('STORE_DAMAGED', `blobs of ${job.name} vanish while it is pulled`, { name: job.name });
}

const modelThere = (layout: StoreLayout, name: string): Promise<StoreManifest | undefined> =>
  readModel(layout, name).catch(() => undefined);

/** SHA-256 of the files that are here, by their content ids. */
async function contentHere(layout: StoreLayout): Promise<Map<string, string>> {
  const here = new Map<string, string>();
  for (const name of await modelNames(layout)) {
    const files = (await modelThere(layout, name))?.files ?? [];
    for (const { cid, sha256, size } of files) if (cid !== undefined && (await hasBlob(layout, sha256, size))) here.set(cid, sha256);
  }
  return here;
}

/** Files that git keeps have no SHA-256 in a listing; of the same commit they are what an earlier pull found. */
function withKnown(plan: Plan, there: StoreManifest | undefined, here: ReadonlyMap<string, string>): Plan {
  const { source } = plan;
  if (plan.files.some(isPeer)) {
    const files = plan.files.map((file) => (isPeer(file) ? { ...file, sha256: here.get(file.cid.toString()) } : file));
    return { ...plan, files };
  }
  if (source.kind !== 'hub' || there?.source.kind !== 'hub') return plan;
  if (source.commit === undefined || source.commit !== there.source.commit || source.repo !== there.source.repo) return plan;
  const known = new Map(there.files.map((file) => [file.path, file]));
  const files = plan.files.map((file) =>
    isLocal(file) || isPeer(file) || file.sha256 !== undefined ? file : { ...file, ...known.get(file.path) },
  );
  return { ...plan, files };
}

/** Tells the plan, and refuses one for which there is no room. @throws STORE_DISK_FULL */
async function announce(
  name: string,
  plan: Plan,
  layout: StoreLayout,
  { clock }: ResolvedStoreOptions,
  tell: (event: StoreEvent) => void,
): Promise<ProgressMeter> {
  let here = 0;
  let needed = 0;
  for (const file of plan.files) {
    const { size = 0 } = file;
    if (!isLocal(file) && file.sha256 !== undefined && (await hasBlob(layout, file.sha256, file.size))) here += size;
    else needed += Math.max(0, size - (await bytesLeft(layout, keyOf(file))));
  }
  await checkRoom(layout.root, needed);
  const meter = new ProgressMeter(clock, plan.files, tell);
  tell({ type: 'plan', name, files: plan.files.length, bytesTotal: meter.total, bytesHere: here });
  return meter;
}

function manifestOf(name: string, plan: Plan, { cid, files }: Content, shared: boolean, at: Date): StoreManifest {
  const { source, variant, license } = plan;
  return { format: 1, name, cid, source, variant, license, shared, files, total: totalBytes(files), pulledAt: at.toISOString() };
}
