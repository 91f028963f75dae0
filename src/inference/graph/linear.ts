import { type GraphWriter, MICROSOFT, type ValueName } from '../onnx/graphWriter.ts';
import { BITS, type Quantisation } from '../quantisation.ts';
import { type BlockLength, type BlockMatrix, blockLength, blocksPerRow, stackBlocks, wholeBlockLength } from './blocks.ts';
import { quantiseBlocks } from './quantise.ts';
import type { WeightSource } from './weightSource.ts';

/** Computes with 8-bit activations, as the fast kernels do; 0 would widen the weights. */
const ACCURACY_INT8 = 4;

/** One tensor of a projection: its outputs follow those of the part before. */
export interface Part {
  readonly tensor: string;
  readonly outputs: number;
}

/** Writes matrices into a graph, as f32 or in blocks, and the products with them. */
export class LinearWriter {
  readonly #graph: GraphWriter;
  readonly #weights: WeightSource;
  readonly #quantisation: Quantisation;
  readonly #bits: 4 | 8 | undefined;

  constructor(graph: GraphWriter, weights: WeightSource, quantisation: Quantisation) {
    this.#graph = graph;
    this.#weights = weights;
    this.#quantisation = quantisation;
    this.#bits = BITS[quantisation];
  }

  /**
   * x · Wᵀ (+ b) with the parts stacked: [.., inputs] → [.., sum of outputs]. A part's tensors are `<tensor>.weight` and, with `bias`,
   * `<tensor>.bias`.
   */
  async project(x: ValueName, name: string, parts: readonly Part[], inputs: number, bias: boolean): Promise<ValueName> {
    const product = this.#multiply(x, await this.#matrix(name, parts, inputs));
    if (!bias) return product;
    const outputs = parts.reduce((sum, part) => sum + part.outputs, 0);
    const values: Float32Array[] = [];
    for (const part of parts) values.push(await this.#weights.read(`${part.tensor}.bias`, [part.outputs]));
    return this.#graph.op('Add', [product, this.#graph.weight(`${name}.bias`, [outputs], concat(values))]);
  }

  /**
   * Writes the embedding table and returns how tokens are looked up and how logits are computed. With shared weights both use the same table, in
   * blocks only if rows have no padding.
   */
  async embedding(vocab: number, hidden: number, tied: boolean): Promise<{ lookUp(ids: ValueName): ValueName; head: Head }> {
    const graph = this.#graph;
    const table = { tensor: 'model.embed_tokens', outputs: vocab };
    const head: Head = async (x, output) => {
      const part = tied ? table : { tensor: 'lm_head', outputs: vocab };
      return this.#multiply(x, await this.#matrix('lm_head', [part], hidden), output);
    };
    const shared = sharesTable(this.#quantisation, tied, hidden);
    if (this.#bits === undefined || !shared) {
      const values = await this.#weights.read(`${table.tensor}.weight`, [vocab, hidden]);
      const name = graph.weight('embedding', [vocab, hidden], values);
      const sharedHead: Head = async (x, output) =>
        graph.node('FusedMatMul', [x, name], named(output), { transB: 1 }, MICROSOFT)[0] as ValueName;
      return { lookUp: (ids) => graph.op('Gather', [name, ids], { axis: 0 }), head: shared ? sharedHead : head };
    }
    const bits = this.#bits;
    const matrix = await this.#blockMatrix('lm_head', [table], hidden, bits, wholeBlockLength(hidden, bits));
    return {
      lookUp: (ids) => {
        const rows = graph.op('Reshape', [`${matrix.name}.data`, graph.int64(BigInt(vocab), BigInt((hidden * bits) / 8))]);
        const attributes = { gather_axis: 0, quantize_axis: 1, block_size: matrix.blocks.block, bits };
        return graph.op('GatherBlockQuantized', [rows, ids, `${matrix.name}.scales`], attributes, MICROSOFT);
      },
      head: async (x, output) => this.#multiply(x, matrix, output),
    };
  }

  /** Reads, stacks and writes a matrix [sum of outputs, inputs]. */
  async #matrix(name: string, parts: readonly Part[], inputs: number): Promise<Matrix> {
    const outputs = parts.reduce((sum, part) => sum + part.outputs, 0);
    if (this.#bits !== undefined) return this.#blockMatrix(name, parts, inputs, this.#bits);
    const values: Float32Array[] = [];
    for (const part of parts) values.push(await this.#weights.read(`${part.tensor}.weight`, [part.outputs, inputs]));
    this.#graph.weight(name, [inputs, outputs], transpose(concat(values), outputs, inputs));
    return { name, outputs, inputs };
  }

  async #blockMatrix(
    name: string,
    parts: readonly Part[],
    inputs: number,
    bits: 4 | 8,
    length?: BlockLength,
  ): Promise<Matrix & { blocks: Blocks }> {
    const { block, data, scales } = await this.#blocks(parts, inputs, bits, length);
    const outputs = parts.reduce((sum, part) => sum + part.outputs, 0);
    const perRow = blocksPerRow(inputs, block);
    this.#graph.bytes(`${name}.data`, [outputs, perRow, (block * bits) / 8], data);
    this.#graph.weight(`${name}.scales`, [outputs, perRow], scales);
    return { name, outputs, inputs, blocks: { bits, block } };
  }

  /** Parts that are stored in blocks stay as they are, and the others get blocks of the same length. */
  async #blocks(parts: readonly Part[], inputs: number, bits: 4 | 8, length = blockLength(inputs, bits)): Promise<BlockMatrix> {
    const stored: (BlockMatrix | undefined)[] = [];
    for (const { tensor, outputs } of parts) stored.push(await this.#weights.readBlocks?.(`${tensor}.weight`, outputs, inputs, bits));
    const block = stored.find((matrix) => matrix !== undefined)?.block ?? length;
    const matrices: BlockMatrix[] = [];
    for (const [i, { tensor, outputs }] of parts.entries()) {
      const read = async (): Promise<Float32Array> => this.#weights.read(`${tensor}.weight`, [outputs, inputs]);
      matrices.push(stored[i] ?? quantiseBlocks(await read(), outputs, inputs, bits, block));
    }
    return stackBlocks(matrices);
  }

  #multiply(x: ValueName, { name, outputs, inputs, blocks }: Matrix, output?: ValueName): ValueName {
    const wanted = named(output);
    if (blocks === undefined) return this.#graph.node('MatMul', [x, name], wanted)[0] as ValueName;
    const attributes = { K: inputs, N: outputs, bits: blocks.bits, block_size: blocks.block, accuracy_level: ACCURACY_INT8 };
    return this.#graph.node('MatMulNBits', [x, `${name}.data`, `${name}.scales`], wanted, attributes, MICROSOFT)[0] as ValueName;
  }
}

/** Embedding and output head use the same table when they are one matrix in the model and, in blocks, its rows have no padding. */
export function sharesTable(quantisation: Quantisation, tied: boolean, hidden: number): boolean {
  const bits = BITS[quantisation];
  return tied && (bits === undefined || wholeBlockLength(hidden, bits) !== undefined);
}

/** Writes the logits of x, to the named output if there is one. */
type Head = (x: ValueName, output?: ValueName) => Promise<ValueName>;

const named = (output: ValueName | undefined): readonly ValueName[] | 1 => (output === undefined ? 1 : [output]);

interface Blocks {
  readonly bits: 4 | 8;
  readonly block: BlockLength;
}

/** Names of a matrix that is in the graph. */
interface Matrix {
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  /** Undefined for f32. */
  readonly blocks?: Blocks;
}

/** [rows, columns] → [columns, rows] (MatMul wants [inputs, outputs]), in blocks that stay in the processor's cache. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  const block = 32;
  for (let r0 = 0; r0 < rows; r0 += block) {
    for (let c0 = 0; c0 < columns; c0 += block) {
      const [r1, c1] = [Math.min(rows, r0 + block), Math.min(columns, c0 + block)];
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) out[c * rows + r] = values[r * columns + c] as number;
    }
  }
  return out;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
