import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkInputs, readSignature, type Signature } from '../../../src/inference/signature.ts';
import { isCoded } from '../../../src/util/errors.ts';

describe('inference/signature', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cortensord-signature-'));
  });
  after(() => rm(dir, { recursive: true }));

  const io = { x: { type: 'float32', shape: ['n', 2] } };
  const wrong: Record<string, unknown> = {
    'a list': [],
    'no inputs': { inputs: {}, outputs: io },
    'no outputs': { inputs: io },
    'another type': { inputs: { x: { type: 'float64', shape: [] } }, outputs: io },
    'a shape with a zero': { inputs: { x: { type: 'bool', shape: [0] } }, outputs: io },
    'a huge shape': { inputs: { x: { type: 'bool', shape: [2 ** 40] } }, outputs: io },
    'too many dimensions': { inputs: { x: { type: 'bool', shape: new Array(9).fill(1) } }, outputs: io },
    'an unknown field': { inputs: io, outputs: io, run: 'rm' },
    'labels that are no strings': { inputs: io, outputs: io, labels: [1] },
  };
  for (const [what, value] of Object.entries(wrong)) {
    it(`MODEL_INVALID for ${what}`, async () => {
      await writeFile(path.join(dir, 'signature.json'), JSON.stringify(value));
      await assert.rejects(readSignature(dir), (error) => isCoded(error, 'MODEL_INVALID'));
    });
  }

  it('a name in a shape is one size', () => {
    const spec = { type: 'int64', shape: ['n'] } as const;
    const signature: Signature = { inputs: { a: spec, b: spec }, outputs: { c: spec }, labels: [] };
    const row = (size: number) => ({ type: 'int64', shape: [size], data: new Array(size).fill(1) }) as const;
    checkInputs(signature, { a: row(3), b: row(3) });
    assert.throws(
      () => checkInputs(signature, { a: row(3), b: row(4) }),
      (error) => isCoded(error, 'REQUEST_INVALID'),
    );
    assert.throws(
      () => checkInputs(signature, { a: row(3), b: { ...row(3), data: [1, 2, 0.5] } }),
      (error) => isCoded(error, 'REQUEST_INVALID'),
    );
  });
});
