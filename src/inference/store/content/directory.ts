import { encode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { storeError } from '../errors.ts';
import { cidOf, DAG_PB, digestHex, sha256Of } from './cid.ts';

/** Above this `ipfs add` makes sharded directories, which have another CID: the sum of the names' and CIDs' bytes. */
export const DIRECTORY_BYTES_MAX = 256 << 10;
const CID_BYTES = 36;

export interface DagFile {
  /** With forward slashes, as the model's manifest has it. */
  readonly path: string;
  readonly cid: CID;
  /** Bytes of all its blocks. */
  readonly tsize: number;
}

export interface Folder {
  readonly root: CID;
  /** Blocks of the folder and those in it, by the hex of their SHA-256. */
  readonly nodes: ReadonlyMap<string, Uint8Array>;
}

/**
 * UnixFS directory nodes over files: names in byte order, no modes or times.
 *
 * @throws STORE_TOO_LARGE
 */
export function buildFolder(files: readonly DagFile[]): Folder {
  const nodes = new Map<string, Uint8Array>();
  const { cid } = build(
    files.map((file) => ({ ...file, parts: file.path.split('/') })),
    nodes,
  );
  return { root: cid, nodes };
}

function build(files: readonly (DagFile & { readonly parts: readonly string[] })[], nodes: Map<string, Uint8Array>) {
  const folders = Map.groupBy(files, ({ parts }) => (parts.length > 1 ? (parts[0] as string) : ''));
  const links = (folders.get('') ?? []).map(({ parts, cid, tsize }) => ({ Name: parts[0] as string, Hash: cid, Tsize: tsize }));
  for (const [name, inside] of folders) {
    if (name === '') continue;
    const { cid, tsize } = build(
      inside.map((file) => ({ ...file, parts: file.parts.slice(1) })),
      nodes,
    );
    links.push({ Name: name, Hash: cid, Tsize: tsize });
  }
  links.sort((a, b) => Buffer.compare(Buffer.from(a.Name), Buffer.from(b.Name)));
  const bytes = links.reduce((sum, { Name }) => sum + Buffer.byteLength(Name) + CID_BYTES, 0);
  if (bytes > DIRECTORY_BYTES_MAX)
    throw storeError('STORE_TOO_LARGE', `the names of a folder take ${bytes} bytes`, { bytes, bytesMax: DIRECTORY_BYTES_MAX });
  const block = encode({ Data: new UnixFS({ type: 'directory' }).marshal(), Links: links });
  const cid = cidOf(DAG_PB, sha256Of(block));
  nodes.set(digestHex(cid), block);
  return { cid, tsize: links.reduce((sum, { Tsize }) => sum + Tsize, block.length) };
}
