import { getCompileCacheDir } from 'node:module';
import path from 'node:path';

/** The daemon's own, which the worker has no use for: paths of password files, tokens. */
const DAEMONS_OWN = /^(CORTENSORD_|HF_TOKEN$)/;
/** glibc then asks for huge pages (madvise) under all it allocates: weights are read from end to end at each step, and 4 KiB pages cost a sixth of that. */
const HUGE_PAGES = 'glibc.malloc.hugetlb=1';

/**
 * The environment of the worker process: the daemon's, because drivers of GPUs look for much in it, without the daemon's own settings. What is to be
 * set for the worker alone is set here. What the user says of huge pages in GLIBC_TUNABLES stays.
 */
export function workerEnvironment(daemon: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(daemon).filter(([name]) => !DAEMONS_OWN.test(name)));
  const tunables = kept.GLIBC_TUNABLES;
  if (!tunables?.includes('glibc.malloc.hugetlb')) kept.GLIBC_TUNABLES = tunables ? `${tunables}:${HUGE_PAGES}` : HUGE_PAGES;
  const cache = getCompileCacheDir();
  // The directory that is used lies in the one that was named.
  return cache === undefined ? kept : { ...kept, NODE_COMPILE_CACHE: path.dirname(cache) };
}
