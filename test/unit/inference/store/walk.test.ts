import assert from 'node:assert/strict';
import { encode, type PBLink } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { cidOf, DAG_PB, digestHex, RAW, sha256Of } from '../../../../src/inference/store/content/cid.ts';
import { buildFolder } from '../../../../src/inference/store/content/directory.ts';
import { FileDag } from '../../../../src/inference/store/content/fileDag.ts';
import { DIGEST_BYTES, LEAF_BYTES } from '../../../../src/inference/store/content/leaf.ts';
import { MODEL_FILES_MAX } from '../../../../src/inference/store/manifest.ts';
import type { BlockPeers, BlockRequest } from '../../../../src/inference/store/swarm/ports.ts';
import { Swarm } from '../../../../src/inference/store/swarm/swarm.ts';
import { listContent, readTrees } from '../../../../src/inference/store/swarm/walk.ts';
import { systemClock } from '../../../../src/util/clock.ts';

const signal = new AbortController().signal;

/** One honest peer that has these blocks. */
class Blocks implements BlockPeers {
  readonly #blocks = new Map<string, Uint8Array>();

  add(block: Uint8Array): CID {
    const cid = cidOf(DAG_PB, sha256Of(block));
    this.#blocks.set(digestHex(cid), block);
    return cid;
  }

  folder(links: readonly [name: string, cid: CID, tsize?: number][]): CID {
    return this.node('directory', links);
  }

  node(
    type: 'file' | 'directory' | 'symlink',
    links: readonly [name: string, cid: CID, tsize?: number][],
    sizes: readonly number[] = [],
  ): CID {
    const Links: PBLink[] = links.map(([Name, Hash, Tsize = 1]) => ({ Name, Hash, Tsize }));
    Links.sort((a, b) => Buffer.compare(Buffer.from(a.Name as string), Buffer.from(b.Name as string)));
    return this.add(encode({ Data: new UnixFS({ type, blockSizes: sizes.map(BigInt) }).marshal(), Links }));
  }

  async find(_: CID, onPeer: (peerId: string) => void): Promise<void> {
    onPeer('peer');
  }

  async open() {
    const asked: string[] = [];
    return {
      send: async (request: BlockRequest) => void asked.push(...(request.kind === 'nodes' ? request.digests : [])),
      next: async () => [this.#blocks.get(asked.shift() as string) as Uint8Array],
      close: () => {},
    };
  }
}

const leaf = cidOf(RAW, sha256Of(Buffer.from('x')));

describe('store/walk', () => {
  let blocks: Blocks;
  beforeEach(() => {
    blocks = new Blocks();
  });

  async function walk(root: CID) {
    await using swarm = new Swarm(root, blocks, { clock: systemClock, stallMs: 5_000, backoffMs: 10, tell: () => {} });
    const files = await listContent(root, swarm, signal);
    return { files, dags: await readTrees(root, files, swarm, signal) };
  }
  const refused = (root: CID, code: string) => assert.rejects(walk(root), { code });

  it('finds the files of a folder and the leaves of each', async () => {
    const size = 400 * LEAF_BYTES + 1;
    const big = FileDag.of(size, Buffer.alloc(401 * DIGEST_BYTES, 7));
    for (const place of big.nodes()) blocks.add(big.node(place));
    const { root, nodes } = buildFolder([
      { path: 'a/b.txt', cid: leaf, tsize: 1 },
      { path: 'model.safetensors', cid: big.root, tsize: big.tsize },
    ]);
    for (const block of nodes.values()) blocks.add(block);
    const { files, dags } = await walk(root);
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['a/b.txt', 1],
        ['model.safetensors', size],
      ],
    );
    assert.deepEqual(
      dags.map(({ root }) => root.toString()),
      [leaf, big.root].map(String),
    );
  });

  for (const name of ['..', 'a/b', '/etc', 'a\\b', '', 'CON', 'x\u0000', 'a '])
    it(`STORE_PATH_UNSAFE: ${JSON.stringify(name)}`, () => refused(blocks.folder([[name, leaf]]), 'STORE_PATH_UNSAFE'));

  it('STORE_PATH_UNSAFE: two names that are one file on some systems', () =>
    refused(
      blocks.folder([
        ['a', leaf],
        ['A', leaf],
      ]),
      'STORE_PATH_UNSAFE',
    ));

  it('STORE_PATH_UNSAFE: folders without end', async () => {
    let inner = blocks.folder([['x', leaf]]);
    for (let depth = 0; depth < 20; depth++) inner = blocks.folder([['d', inner]]);
    await refused(inner, 'STORE_PATH_UNSAFE');
  });

  it('STORE_TOO_LARGE: more files than a model has', () =>
    refused(blocks.folder(Array.from({ length: MODEL_FILES_MAX + 1 }, (_, i) => [`${i}`, leaf])), 'STORE_TOO_LARGE'));

  it('STORE_TOO_LARGE: a file that nobody could have', () =>
    refused(blocks.folder([['f', blocks.node('file', [['', leaf]], [Number.MAX_SAFE_INTEGER])]]), 'STORE_TOO_LARGE'));

  it('STORE_CONTENT_INVALID: an empty folder, a link, no UnixFS at all, a file instead of a folder', async () => {
    await refused(blocks.folder([]), 'STORE_CONTENT_INVALID');
    await refused(blocks.folder([['l', blocks.node('symlink', [])]]), 'STORE_CONTENT_INVALID');
    await refused(blocks.add(Buffer.from('no node')), 'STORE_CONTENT_INVALID');
    await refused(blocks.node('file', [['', leaf]], [1]), 'STORE_CONTENT_INVALID');
  });

  it('STORE_CONTENT_INVALID: a leaf longer than leaves are', () =>
    refused(blocks.folder([['f', leaf, LEAF_BYTES + 1]]), 'STORE_CONTENT_INVALID'));

  it('STORE_CONTENT_INVALID: a shape that does not follow from the size', async () => {
    const two: [string, CID][] = [
      ['', leaf],
      ['', leaf],
    ];
    // Other chunks; a node for one leaf; nodes where leaves are due; a size that the links do not have.
    for (const file of [
      blocks.node('file', two, [1_000, 1_000]),
      blocks.node('file', [['', leaf]], [1]),
      blocks.node(
        'file',
        [
          ['', blocks.folder([['x', leaf]])],
          ['', leaf],
        ],
        [LEAF_BYTES, 5],
      ),
      blocks.node('file', two, [LEAF_BYTES, LEAF_BYTES, LEAF_BYTES]),
    ])
      await refused(blocks.folder([['f', file]]), 'STORE_CONTENT_INVALID');
  });

  it('STORE_CONTENT_INVALID: the right links with other sizes written beside them', async () => {
    const size = LEAF_BYTES + 1;
    const good = FileDag.of(size, Buffer.alloc(2 * DIGEST_BYTES, 7));
    blocks.add(good.node({ level: 1, index: 0 }));
    await refused(blocks.folder([['f', good.root, good.tsize - 1]]), 'STORE_CONTENT_INVALID');
  });
});
