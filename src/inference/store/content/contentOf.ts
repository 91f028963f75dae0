import type { StoreLayout } from '../layout.ts';
import type { StoredFile } from '../manifest.ts';
import { buildFolder, type DagFile, type Folder } from './directory.ts';
import { FileDag } from './fileDag.ts';
import { leavesOf } from './leaves.ts';

/** The content id of a model and of each of its files. */
export interface Content {
  readonly cid: string;
  readonly files: readonly StoredFile[];
  readonly folder: Folder;
  readonly dags: readonly FileDag[];
}

/**
 * What the files of a model are in IPFS: a UnixFS folder. Their blobs must be there; one whose leaves are not kept is read.
 *
 * @throws STORE_TOO_LARGE, STORE_UNUSABLE; the signal's reason
 */
export async function contentOf(layout: StoreLayout, files: readonly StoredFile[], signal: AbortSignal): Promise<Content> {
  const dags: FileDag[] = [];
  for (const { sha256, size } of files) dags.push(await FileDag.inTurns(size, await leavesOf(layout, sha256, size, signal)));
  const dagOf = (at: number): FileDag => dags[at] as FileDag;
  const folder = buildFolder(files.map(({ path }, at): DagFile => ({ path, cid: dagOf(at).root, tsize: dagOf(at).tsize })));
  const named = files.map((file, at) => ({ ...file, cid: dagOf(at).root.toString() }));
  return { cid: folder.root.toString(), files: named, folder, dags };
}
