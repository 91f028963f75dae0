import assert from 'node:assert/strict';
import koffi from 'koffi';
import { type ExportCache, type ExportCacheInit, FixedCache, GrowingCache } from '../../../src/inference/onnx/exportCache.ts';
import type { Pointer } from '../../../src/inference/onnx/ortApi.ts';
import { isCoded } from '../../../src/util/errors.ts';

const LAYOUT = { layers: 1, kvHeads: 2, headSize: 2, cacheType: 'float16' } as const;
const CONTEXT = 6;

/** Tensors that only know their memory. */
function memory() {
  const tensors = new Map<Pointer, { readonly view: Uint16Array; readonly dims: readonly number[] }>();
  let next = 1n;
  const api: ExportCacheInit['api'] = {
    createTensor(_, address, bytes, dims) {
      const view = bytes === 0 ? new Uint16Array() : new Uint16Array(koffi.view(address, bytes));
      tensors.set(next, { view, dims: [...dims] });
      return next++;
    },
    releaseTensor: (tensor) => assert.ok(tensors.delete(tensor)),
  };
  return { api, tensors };
}

for (const Cache of [GrowingCache, FixedCache]) {
  describe(`cache of an export: ${Cache.name}`, () => {
    let tensors: ReturnType<typeof memory>['tensors'];
    let cache: ExportCache;
    beforeEach(() => {
      const made = memory();
      tensors = made.tensors;
      cache = new Cache({ api: made.api, layout: LAYOUT, rows: 2, contextTokens: CONTEXT });
    });
    afterEach(() => {
      cache.close();
      assert.equal(tensors.size, 0);
    });

    const tokensOf = (tensor: Pointer): number => tensors.get(tensor)?.dims[2] as number;
    /** Numbers of the first tokens, head by head. */
    function read(tensor: Pointer, tokens: number): number[][] {
      const { view } = tensors.get(tensor) as { view: Uint16Array };
      const head = tokensOf(tensor) * LAYOUT.headSize;
      return Array.from({ length: LAYOUT.kvHeads }, (_, i) => [...view.subarray(i * head, i * head + tokens * LAYOUT.headSize)]);
    }
    /** What a graph does: all of the past, then new tokens, each of which says which it is. */
    function pass(row: number, past: number, names: readonly number[], passed = true): void {
      const { past: from, present: to } = cache.begin(row, past, names.length);
      for (const [part, target] of to.entries()) {
        const old = read(from[part] as Pointer, past);
        const { view } = tensors.get(target) as { view: Uint16Array };
        for (const [head, numbers] of old.entries()) {
          const added = names.flatMap((name) => [name * 100 + part * 10 + head, name]);
          view.set([...numbers, ...added], head * tokensOf(target) * LAYOUT.headSize);
        }
      }
      cache.settle(passed);
    }
    function holds(row: number, names: readonly number[]): void {
      const { past } = cache.begin(row, names.length, 1);
      for (const [part, tensor] of past.entries()) {
        const want = [0, 1].map((head) => names.flatMap((name) => [name * 100 + part * 10 + head, name]));
        assert.deepEqual(read(tensor, names.length), want);
      }
      cache.settle(false);
    }

    it('gives to a pass what the one before left, row by row', () => {
      pass(0, 0, [1, 2, 3]);
      pass(1, 0, [7]);
      pass(0, 3, [4]);
      pass(1, 1, [8, 9]);
      holds(0, [1, 2, 3, 4]);
      holds(1, [7, 8, 9]);
      pass(0, 4, [5, 6]);
      holds(0, [1, 2, 3, 4, 5, 6]);
    });

    it('cuts a row, starts one anew, and copies a beginning to another', () => {
      pass(0, 0, [1, 2, 3, 4]);
      pass(0, 2, [5]);
      holds(0, [1, 2, 5]);
      pass(1, 0, [7, 8, 9]);
      cache.copyRow(0, 1, 2);
      pass(1, 2, [6]);
      holds(1, [1, 2, 6]);
      holds(0, [1, 2, 5]);
      pass(0, 0, [3]);
      holds(0, [3]);
    });
  });
}

describe('cache of an export that grows', () => {
  it('MODEL_UNSUPPORTED for heads that no machine holds', () => {
    const layout = { ...LAYOUT, kvHeads: 2 ** 40, headSize: 2 ** 40 };
    assert.throws(
      () => new GrowingCache({ ...memory(), layout, rows: 1, contextTokens: CONTEXT }),
      (error) => isCoded(error, 'MODEL_UNSUPPORTED'),
    );
  });

  it('leaves a row as it was when a pass fails, and has no more tokens than were computed', () => {
    const { api, tensors } = memory();
    const cache = new GrowingCache({ api, layout: LAYOUT, rows: 1, contextTokens: CONTEXT });
    const { past } = cache.begin(0, 0, 4);
    cache.settle(false);
    assert.deepEqual(cache.begin(0, 0, 2).past, past);
    cache.settle(true);
    assert.throws(
      () => cache.begin(0, 3, 1),
      (error) => isCoded(error, 'INTERNAL'),
    );
    cache.close();
    assert.equal(tensors.size, 0);
  });
});
