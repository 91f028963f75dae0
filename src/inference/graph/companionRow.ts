import type { GraphWriter, ValueName } from '../onnx/graphWriter.ts';
import { IO } from './io.ts';

/**
 * Makes the rows of a pass an even number: behind an odd one comes a row that is computed along and read by nobody. The CPU's kernels of int4 multiply
 * rows in pairs, and a row that is left by another kernel, which adds up in another order; with a companion no row of a request is that one, and its
 * bits do not depend on how many others are in the pass.
 */
export class CompanionRow {
  readonly #graph: GraphWriter;
  readonly #shapes = new Map<ValueName, Shape>();
  readonly #rows = new Map<string, ValueName>();

  constructor(graph: GraphWriter) {
    this.#graph = graph;
  }

  /** The ids of a pass as one row, int64 [1, even]. */
  ids(): ValueName {
    const { extra } = this.#shapeOf(IO.ids);
    const [zero, one] = [this.#graph.int64(0n), this.#graph.int64(1n)];
    const flat = this.#graph.op('Reshape', [IO.ids, this.#graph.int64(1n, -1n)]);
    const id = this.#graph.op('Reshape', [zero, this.#graph.int64(1n, 1n)]);
    return this.#graph.op('Concat', [flat, this.#graph.op('Slice', [id, zero, extra, one])], { axis: 1 });
  }

  /**
   * [count, length, width] → [1, even, width].
   *
   * @param like a value with as many rows
   */
  join(x: ValueName, width: number, like: ValueName): ValueName {
    const flat = this.#graph.op('Reshape', [x, this.#graph.int64(1n, -1n, BigInt(width))]);
    return this.#graph.op('Concat', [flat, this.#row(width, like)], { axis: 1 });
  }

  /** [1, even, width] → [count, length, width] with the first two dimensions of `like`. */
  leave(x: ValueName, like: ValueName, output?: ValueName): ValueName {
    const { count, dims } = this.#shapeOf(like);
    const rows = this.#graph.op('Slice', [x, this.#graph.int64(0n), count, this.#graph.int64(1n)]);
    return this.#graph.node('Reshape', [rows, dims], output === undefined ? 1 : [output])[0] as ValueName;
  }

  /** f32 [1, 0 or 1, width] */
  #row(width: number, like: ValueName): ValueName {
    const key = `${width} ${like}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const zeros = this.#graph.weight(`companion.${width}.${this.#rows.size}`, [1, 1, width], new Float32Array(width));
    const { extra } = this.#shapeOf(like);
    const row = this.#graph.op('Slice', [zeros, this.#graph.int64(0n), extra, this.#graph.int64(1n)]);
    this.#rows.set(key, row);
    return row;
  }

  #shapeOf(x: ValueName): Shape {
    const known = this.#shapes.get(x);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const first = graph.op('Slice', [graph.op('Shape', [x]), graph.int64(0n), graph.int64(2n)]);
    const count = graph.op('ReduceProd', [first]);
    const shape = {
      count,
      extra: graph.op('Mod', [count, graph.int64(2n)]),
      dims: graph.op('Concat', [first, graph.int64(-1n)], { axis: 0 }),
    };
    this.#shapes.set(x, shape);
    return shape;
  }
}

interface Shape {
  /** int64 [1]: rows */
  readonly count: ValueName;
  /** int64 [1]: 1 when they are odd */
  readonly extra: ValueName;
  /** int64 [3]: the first two dimensions, and what remains */
  readonly dims: ValueName;
}
