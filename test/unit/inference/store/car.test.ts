import assert from 'node:assert/strict';
import { CID } from 'multiformats/cid';
import { carHeader, HEADER_BYTES, rootOf, sectionHead, sectionLength } from '../../../../src/inference/store/car/format.ts';

/** An empty UnixFS directory, CIDv1. */
const ROOT = CID.parse('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354');

describe('store/car format', () => {
  it('has the header that IPFS writes: {"roots": [root], "version": 1} in DAG-CBOR', () => {
    const header = carHeader(ROOT);
    const hex = `3aa265726f6f747381d82a582500${Buffer.from(ROOT.bytes).toString('hex')}6776657273696f6e01`;
    assert.deepEqual([header.toString('hex'), header.length], [hex, HEADER_BYTES]);
    assert.equal(rootOf(header)?.toString(), ROOT.toString());
  });

  it('takes no other header', () => {
    const header = carHeader(ROOT);
    const second = Buffer.from('0aa16776657273696f6e02', 'hex');
    for (const wrong of [second, header.subarray(0, -1), Buffer.alloc(HEADER_BYTES)]) assert.equal(rootOf(wrong), undefined);
    for (let at = 0; at < 18; at++) {
      const changed = Buffer.from(header);
      changed[at] = (changed[at] as number) ^ 1;
      assert.equal(rootOf(changed), undefined, String(at));
    }
  });

  it('says how long a section is', () => {
    for (const [bytes, headBytes] of [
      [0, 1],
      [91, 1],
      [92, 2],
      [262_144, 3],
    ] as const) {
      const head = sectionHead(ROOT, bytes);
      assert.deepEqual(sectionLength(head), { headBytes, bytes: ROOT.bytes.length + bytes });
      assert.deepEqual(head.subarray(headBytes), Buffer.from(ROOT.bytes));
    }
    assert.equal(sectionLength(Buffer.from([0x80])), undefined);
    assert.equal(sectionLength(Buffer.from([0x80, 0x80, 0x80, 0x80, 0x01])), undefined);
  });
});
