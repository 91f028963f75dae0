import { decode, type PBNode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { DAG_PB, digestHex, isOurs, RAW, sha256Of } from '../content/cid.ts';
import { buildFolder } from '../content/directory.ts';
import { FileDag, LINKS_MAX, shapeOf, spanOf } from '../content/fileDag.ts';
import { DIGEST_BYTES, LEAF_BYTES } from '../content/leaf.ts';
import { storeError } from '../errors.ts';
import { FILE_BYTES_MAX, MODEL_FILES_MAX } from '../manifest.ts';
import { checkTogether, PATH_DEPTH_MAX, parseListedPath } from '../paths.ts';
import type { BlockSource, Job } from './ports.ts';

/** Nodes asked for at once. */
const NODES_PER_JOB = 32;
/** What a node takes as a rule. */
const NODE_BYTES = 9_000;

/** A file of a content that is not here yet. */
export interface ListedContent {
  readonly path: string;
  readonly size: number;
  readonly cid: CID;
  /** Tree of the file as far as it is known: its root's block; undefined when the root is its only leaf. */
  readonly root: PBNode | undefined;
}

const invalid = (why: string) => storeError('STORE_CONTENT_INVALID', `the content ${why}`);

/**
 * Reads the folders of a content and the roots of its files. Nothing in them is trusted but the hashes: names, sizes, shape and number of
 * everything are checked.
 *
 * @throws STORE_CONTENT_INVALID, STORE_PATH_UNSAFE, STORE_TOO_LARGE; what `BlockSource.run` throws
 */
export async function listContent(root: CID, swarm: BlockSource, signal: AbortSignal): Promise<ListedContent[]> {
  const files: ListedContent[] = [];
  let level: { readonly path: string; readonly cid: CID }[] = [{ path: '', cid: root }];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > PATH_DEPTH_MAX) throw invalid(`is more than ${PATH_DEPTH_MAX} folders deep`);
    const blocks = await fetchNodes(
      level.map(({ cid }) => cid),
      swarm,
      signal,
    );
    const below: typeof level = [];
    for (const { path, cid } of level) {
      const { node, unixfs } = readNode(blocks.get(digestHex(cid)) as Uint8Array);
      if (unixfs.type === 'file' && depth > 0) files.push({ path, cid, size: sizeOf(unixfs), root: node });
      else if (unixfs.type === 'directory') {
        if (node.Links.length === 0) throw invalid('has an empty folder');
        for (const { Name = '', Hash, Tsize = -1 } of node.Links) {
          if (Name.includes('/')) throw storeError('STORE_PATH_UNSAFE', `the name ${JSON.stringify(Name.slice(0, 200))} has a slash in it`);
          const child = { path: parseListedPath(path === '' ? Name : `${path}/${Name}`), cid: ours(Hash) };
          if (child.cid.code === DAG_PB) below.push(child);
          else if (Tsize < 0 || Tsize > LEAF_BYTES) throw invalid('has a leaf that is too long');
          else files.push({ ...child, size: Tsize, root: undefined });
        }
      } else throw invalid(`has a part that is neither file nor folder (${unixfs.type})`);
      if (files.length + below.length > MODEL_FILES_MAX)
        throw storeError('STORE_TOO_LARGE', `the content has more than ${MODEL_FILES_MAX} files`, { filesMax: MODEL_FILES_MAX });
    }
    level = below;
  }
  checkTogether(files.map(({ path }) => path));
  return files;
}

/**
 * Reads the trees of the files: which leaves they are made of.
 *
 * @returns a DAG for each file, which has the CID that was asked for
 * @throws STORE_CONTENT_INVALID when it was made with other settings than this store's; what `BlockSource.run` throws
 */
export async function readTrees(root: CID, files: readonly ListedContent[], swarm: BlockSource, signal: AbortSignal): Promise<FileDag[]> {
  const dags: FileDag[] = [];
  for (const file of files) {
    const dag = await FileDag.inTurns(file.size, await readLeaves(file, swarm, signal));
    if (!dag.root.equals(file.cid)) throw foreign();
    dags.push(dag);
  }
  const { root: rebuilt } = buildFolder(files.map(({ path, cid }, at) => ({ path, cid, tsize: dags[at]?.tsize as number })));
  if (!rebuilt.equals(root)) throw foreign();
  return dags;
}

async function readLeaves({ size, cid, root }: ListedContent, swarm: BlockSource, signal: AbortSignal): Promise<Uint8Array> {
  if (root === undefined) return cid.multihash.digest;
  const shape = shapeOf(size);
  let children = childrenOf(root, size, shape, shape.length - 1, 0);
  for (let level = shape.length - 2; level > 0; level--) {
    const blocks = await fetchNodes(children, swarm, signal);
    children = children.flatMap((child, index) => {
      const { node, unixfs } = readNode(blocks.get(digestHex(child)) as Uint8Array);
      if (unixfs.type !== 'file' || sizeOf(unixfs) !== spanOf(size, level, index)) throw foreign();
      return childrenOf(node, size, shape, level, index);
    });
  }
  const leaves = new Uint8Array(children.length * DIGEST_BYTES);
  for (const [index, child] of children.entries()) leaves.set(child.multihash.digest, index * DIGEST_BYTES);
  return leaves;
}

/** The links of node `index` of `level`: as many as the file's size demands, no more. */
function childrenOf({ Links }: PBNode, size: number, shape: readonly number[], level: number, index: number): CID[] {
  const due = Math.min(LINKS_MAX, (shape[level - 1] ?? 0) - index * LINKS_MAX);
  const codec = level === 1 ? RAW : DAG_PB;
  const children = Links.map(({ Hash }) => ours(Hash));
  if (size <= LEAF_BYTES || children.length !== due || children.some(({ code }) => code !== codec)) throw foreign();
  return children;
}

const foreign = () => invalid('was made with other settings than this store’s');

function ours(cid: CID): CID {
  if (!isOurs(cid)) throw invalid('has links of other kinds than CIDv1 with SHA-256');
  return cid;
}

function readNode(block: Uint8Array): { node: PBNode; unixfs: UnixFS } {
  try {
    const node = decode(block);
    return { node, unixfs: UnixFS.unmarshal(node.Data ?? new Uint8Array()) };
  } catch (error) {
    throw storeError('STORE_CONTENT_INVALID', 'the content has a block that is no UnixFS node', {}, error);
  }
}

function sizeOf(unixfs: UnixFS): number {
  const size = unixfs.fileSize();
  if (size > BigInt(FILE_BYTES_MAX))
    throw storeError('STORE_TOO_LARGE', `a file of the content has ${size} bytes`, { bytesMax: FILE_BYTES_MAX });
  return Number(size);
}

/** Blocks by the hex of their digest, each checked against it. */
async function fetchNodes(cids: readonly CID[], swarm: BlockSource, signal: AbortSignal): Promise<Map<string, Uint8Array>> {
  const wanted = [...new Set(cids.map(digestHex))];
  const blocks = new Map<string, Uint8Array>();
  const jobs: Job[] = [];
  for (let at = 0; at < wanted.length; at += NODES_PER_JOB) {
    const digests = wanted.slice(at, at + NODES_PER_JOB);
    jobs.push({
      request: { kind: 'nodes', digests },
      bytes: digests.length * NODE_BYTES,
      async receive(next) {
        for (const digest of digests) {
          const block = Buffer.concat(await next());
          if (Buffer.from(sha256Of(block)).toString('hex') !== digest)
            throw storeError('STORE_BLOCK_WRONG', 'a node has another hash than it was asked for by');
          blocks.set(digest, block);
        }
      },
    });
  }
  await swarm.run(jobs, signal);
  return blocks;
}
