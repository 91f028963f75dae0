import assert from 'node:assert/strict';
import { SKETCH_BYTES, Sketcher, sketchError } from '../../../src/inference/sketch.ts';

const HIDDEN = Float32Array.from({ length: 64 }, (_, j) => ((j % 7) - 3) / 4);

describe('sketch', () => {
  it('gives the golden sketch of docs/inference.md', () => {
    assert.equal(
      Buffer.from(new Sketcher(64).sketch(HIDDEN)).toString('hex'),
      '0000283f000018bf0000f03e000038bf0000f0be000000bd000060be0000943f',
    );
  });

  it('reads from an offset', () => {
    const padded = new Float32Array(100);
    padded.set(HIDDEN, 30);
    assert.deepEqual(new Sketcher(64).sketch(padded, 30), new Sketcher(64).sketch(HIDDEN));
  });

  it('has an error that is relative and 0 for equal sketches', () => {
    const sketcher = new Sketcher(64);
    const exact = sketcher.sketch(HIDDEN);
    assert.equal(sketchError(exact, exact), 0);
    const error = sketchError(sketcher.sketch(HIDDEN.map((value) => value * 1.01)), exact);
    assert.ok(Math.abs(error - 0.01) < 1e-5, `${error}`);
  });

  it('has an infinite error for wrong lengths and for numbers that are not finite', () => {
    const exact = new Sketcher(64).sketch(HIDDEN);
    const broken = Uint8Array.from(exact);
    new DataView(broken.buffer).setFloat32(0, Number.NaN, true);
    assert.equal(sketchError(broken, exact), Number.POSITIVE_INFINITY);
    assert.equal(sketchError(exact.subarray(1), exact), Number.POSITIVE_INFINITY);
    assert.equal(sketchError(exact, new Uint8Array(SKETCH_BYTES)), Number.POSITIVE_INFINITY);
  });
});
