import type { BlockMatrix } from './blocks.ts';

/** Where weights come from: Hugging Face tensor names, matrices as [outputs, inputs]. */
export interface WeightSource {
  /**
   * The tensor as row-major f32.
   *
   * @throws MODEL_INVALID when it is missing or has another shape
   */
  read(name: string, shape: readonly number[]): Promise<Float32Array>;
  /** The matrix in blocks when it is stored in such a form: no weight is rounded again. Undefined otherwise. */
  readBlocks?(name: string, rows: number, columns: number, bits: 4 | 8): Promise<BlockMatrix | undefined>;
}
