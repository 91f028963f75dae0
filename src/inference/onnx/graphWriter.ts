import { ProtobufWriter } from './protobuf.ts';

/** ONNX TensorProto.DataType */
export const TENSOR_TYPE = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type TensorType = keyof typeof TENSOR_TYPE;
/** A fixed size, or the name of a size that is given at run time. */
export type Dim = number | string;
export type Attribute = number | string | readonly number[] | { readonly float: number };
/** Name of a value in the graph; '' stands for an optional input or output that is left out. */
export type ValueName = string;

const ONNX_IR_VERSION = 10;
const ONNX_OPSET = 21;
/** ONNX Runtime's fused operators. */
export const MICROSOFT = 'com.microsoft';

/** Collects a graph node by node and writes it as an ONNX ModelProto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
export class GraphWriter {
  readonly #graph = new ProtobufWriter();
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];
  readonly #initializers: ProtobufWriter[] = [];
  readonly #int64Constants = new Map<string, ValueName>();
  #nextName = 0;

  input(name: ValueName, type: TensorType, dims: readonly Dim[]): ValueName {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(name: ValueName, type: TensorType, dims: readonly Dim[]): ValueName {
    this.#outputs.push(valueInfo(name, type, dims));
    return name;
  }

  weight(name: ValueName, dims: readonly number[], values: Float32Array): ValueName {
    this.#initializers.push(tensor(name, 'float32', dims, values));
    return name;
  }

  bytes(name: ValueName, dims: readonly number[], values: Uint8Array): ValueName {
    this.#initializers.push(tensor(name, 'uint8', dims, values));
    return name;
  }

  int64(...values: readonly bigint[]): ValueName {
    const key = values.join();
    const known = this.#int64Constants.get(key);
    if (known !== undefined) return known;
    const name = this.#name('const');
    this.#int64Constants.set(key, name);
    this.#initializers.push(tensor(name, 'int64', [values.length], BigInt64Array.from(values)));
    return name;
  }

  /** Adds a node with the given outputs; `outputs` as a number makes that many fresh names. */
  node(
    type: string,
    inputs: readonly ValueName[],
    outputs: readonly ValueName[] | number,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): ValueName[] {
    const names = typeof outputs === 'number' ? Array.from({ length: outputs }, () => this.#name(type)) : [...outputs];
    const node = new ProtobufWriter();
    for (const input of inputs) node.string(1, input);
    for (const output of names) node.string(2, output);
    node.string(3, this.#name('node')).string(4, type);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    if (domain !== '') node.string(7, domain);
    this.#graph.message(1, node);
    return names;
  }

  /** A node with one output, by name. */
  op(type: string, inputs: readonly ValueName[], attributes: Record<string, Attribute> = {}, domain = ''): ValueName {
    return this.node(type, inputs, 1, attributes, domain)[0] as ValueName;
  }

  finish(name: string): Uint8Array<ArrayBuffer> {
    const graph = this.#graph.string(2, name);
    for (const initializer of this.#initializers) graph.message(5, initializer);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return new ProtobufWriter()
      .int(1, ONNX_IR_VERSION)
      .string(2, 'cortensord')
      .message(7, graph)
      .message(8, new ProtobufWriter().string(1, '').int(2, ONNX_OPSET))
      .message(8, new ProtobufWriter().string(1, MICROSOFT).int(2, 1))
      .finish();
  }

  #name(prefix: string): ValueName {
    return `${prefix}_${this.#nextName++}`;
  }
}

function valueInfo(name: string, type: TensorType, dims: readonly Dim[]): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of dims)
    shape.message(1, typeof dim === 'number' ? new ProtobufWriter().int(1, dim) : new ProtobufWriter().string(2, dim));
  const tensorType = new ProtobufWriter().int(1, TENSOR_TYPE[type]).message(2, shape);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}

function tensor(
  name: string,
  type: TensorType,
  dims: readonly number[],
  values: Float32Array | BigInt64Array | Uint8Array,
): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const dim of dims) writer.int(1, dim);
  return writer
    .int(2, TENSOR_TYPE[type])
    .string(8, name)
    .bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** AttributeProto: float 2/type 1, int 3/type 2, string 4/type 3, ints 8/type 7. */
function attribute(name: string, value: Attribute): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, name);
  if (typeof value === 'number') return writer.int(3, value).int(20, 2);
  if (typeof value === 'string') return writer.string(4, value).int(20, 3);
  if ('float' in value) return writer.float(2, value.float).int(20, 1);
  for (const item of value) writer.int(8, item);
  return writer.int(20, 7);
}
