import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { inferenceError } from '../errors.ts';
import { TENSOR_TYPES, type TensorType, type TensorValue } from '../types.ts';
import { openNodeSession } from './nodeSession.ts';

const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

function tensorOf({ type, shape, data }: TensorValue): Tensor {
  if (type === 'int64') return new Tensor('int64', BigInt64Array.from(data, BigInt), shape);
  if (type === 'bool') return new Tensor('bool', Uint8Array.from(data, Number), shape);
  const array = ARRAYS[type].from(data);
  return new Tensor(type, array as Float32Array, shape);
}

function tensorValueOf(tensor: Tensor): TensorValue {
  const { type, dims, data } = tensor;
  const numbers = typeof data[0] === 'bigint' ? Float64Array.from(data as BigInt64Array, Number) : (data as Float32Array);
  return { type: type as TensorType, shape: [...dims], data: numbers };
}

/** An ONNX file of any kind: named tensors in, named tensors out, one pass at a time. */
export class TensorSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #session: InferenceSession;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(session: InferenceSession) {
    this.#session = session;
    this.inputs = session.inputNames;
    this.outputs = session.outputNames;
  }

  /** @throws MODEL_INVALID when ONNX Runtime refuses the file, MODEL_UNSUPPORTED for inputs or outputs of other types */
  static async open(file: string, threads: number): Promise<TensorSession> {
    const session = await openNodeSession(file, threads);
    for (const value of [...session.inputMetadata, ...session.outputMetadata]) {
      if (value.isTensor && TENSOR_TYPES.includes(value.type as TensorType)) continue;
      await session.release();
      const type = value.isTensor ? value.type : 'no tensor';
      throw inferenceError('MODEL_UNSUPPORTED', `${file}: ${value.name} is ${type}; ${TENSOR_TYPES.join(', ')} are run`, {
        key: value.name,
      });
    }
    return new TensorSession(session);
  }

  /** @throws REQUEST_INVALID when ONNX Runtime refuses the inputs */
  run(inputs: Readonly<Record<string, TensorValue>>): Promise<Record<string, TensorValue>> {
    const pass = async (): Promise<Record<string, TensorValue>> => {
      const feeds = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, tensorOf(value)]));
      const results = await this.#session.run(feeds).catch((error: unknown) => {
        throw inferenceError('REQUEST_INVALID', 'the model refuses these inputs', { field: 'inputs' }, error);
      });
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensorValueOf(tensor as Tensor)]));
    };
    const next = this.#last.then(pass, pass);
    this.#last = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#session.release();
  }
}
