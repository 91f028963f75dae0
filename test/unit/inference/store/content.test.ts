import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cidOf, RAW, sha256Of } from '../../../../src/inference/store/content/cid.ts';
import { buildFolder } from '../../../../src/inference/store/content/directory.ts';
import { FileDag, LINKS_MAX, leafBytes, leafCount, shapeOf, spanOf } from '../../../../src/inference/store/content/fileDag.ts';
import { DIGEST_BYTES, LEAF_BYTES } from '../../../../src/inference/store/content/leaf.ts';
import { isCoded } from '../../../../src/util/errors.ts';

interface Vectors {
  readonly files: readonly { bytes: 'pattern' | 'zeros'; size: number; cid: string; tsize: number }[];
  readonly folders: readonly { files: Record<string, number>; cid: string; tsize: number }[];
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('../../../fixtures/unixfs/vectors.json', import.meta.url), 'utf8'));

function pattern(from: number, bytes: number): Uint8Array {
  const made = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) made[i] = Math.imul(from + i, 2_654_435_761) >>> 24;
  return made;
}
const zeroLeaf = sha256Of(new Uint8Array(LEAF_BYTES));

function dagOf(kind: 'pattern' | 'zeros', size: number): FileDag {
  const leaves = new Uint8Array(leafCount(size) * DIGEST_BYTES);
  for (let index = 0; index < leafCount(size); index++) {
    const bytes = leafBytes(size, index);
    const zeros = (): Uint8Array => (bytes === LEAF_BYTES ? zeroLeaf : sha256Of(new Uint8Array(bytes)));
    leaves.set(kind === 'zeros' ? zeros() : sha256Of(pattern(index * LEAF_BYTES, bytes)), index * DIGEST_BYTES);
  }
  return FileDag.of(size, leaves);
}

describe('store/content', () => {
  for (const { bytes, size, cid, tsize } of vectors.files) {
    it(`a file of ${size} bytes (${bytes}) has the CID that other IPFS tools give it`, () => {
      const dag = dagOf(bytes, size);
      assert.deepEqual([dag.root.toString(), dag.tsize], [cid, tsize]);
    }).timeout(20_000);
  }

  for (const { files, cid, tsize } of vectors.folders) {
    it(`a folder of ${Object.keys(files).length} files has the CID that other IPFS tools give it`, () => {
      const listed = Object.entries(files).map(([path, size]) => {
        const dag = dagOf('pattern', size);
        return { path, cid: dag.root, tsize: dag.tsize };
      });
      const { root, nodes } = buildFolder(listed);
      assert.equal(root.toString(), cid);
      const blocks = [...nodes.values()].reduce((sum, block) => sum + block.length, 0);
      assert.equal(blocks + listed.reduce((sum, file) => sum + file.tsize, 0), tsize);
      // The order in which files are listed is of no matter.
      assert.equal(buildFolder(listed.reverse()).root.toString(), cid);
    }).timeout(20_000);
  }

  it('every node hashes to its CID, and the shape follows from the size alone', () => {
    const size = (2 * LINKS_MAX + 1) * LEAF_BYTES - 5;
    const dag = dagOf('zeros', size);
    assert.deepEqual(shapeOf(size), [2 * LINKS_MAX + 1, 3, 1]);
    const nodes = [...dag.nodes()];
    assert.equal(nodes.length, 4);
    for (const { cid, ...place } of nodes) assert.deepEqual(Buffer.from(sha256Of(dag.node(place))), Buffer.from(cid.multihash.digest));
    assert.equal(nodes.at(-1)?.cid.toString(), dag.root.toString());
    assert.equal(spanOf(size, 1, 2), LEAF_BYTES - 5);
    assert.equal(spanOf(size, 2, 0), size);
  });

  it('STORE_TOO_LARGE: a folder that other tools would shard', () => {
    const cid = cidOf(RAW, sha256Of(new Uint8Array()));
    const files = Array.from({ length: 1_000 }, (_, i) => ({ path: `${i}`.padStart(250, 'x'), cid, tsize: 0 }));
    assert.throws(
      () => buildFolder(files),
      (error) => isCoded(error, 'STORE_TOO_LARGE'),
    );
  });
});
