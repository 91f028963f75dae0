import { inferenceError } from './errors.ts';
import { readJson } from './modelFiles.ts';
import { TENSOR_TYPES, type TensorType, type TensorValue } from './types.ts';

/** Shape of a tensor: a size, or a name of sizes that the caller chooses, the same wherever the name stands. */
export interface TensorSpec {
  readonly type: TensorType;
  readonly shape: readonly (number | string)[];
}

/** What a model takes and gives, as its folder declares it in signature.json. */
export interface Signature {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  readonly labels: readonly string[];
}

const TENSORS_MAX = 64;
const DIMS_MAX = 8;
const LABELS_MAX = 65_536;
/** Numbers of all inputs of one pass. */
export const NUMBERS_MAX = 1 << 26;

/** @throws MODEL_INVALID naming what is wrong */
export async function readSignature(dir: string): Promise<Signature> {
  const { inputs, outputs, labels = [], ...rest } = await readJson(dir, 'signature.json');
  const invalid = (what: string): Error =>
    inferenceError('MODEL_INVALID', `signature.json in ${dir}: ${what}`, { dir, file: 'signature.json' });
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(`${unknown} is not known; inputs, outputs and labels are`);
  if (!Array.isArray(labels) || labels.length > LABELS_MAX || labels.some((label) => typeof label !== 'string')) {
    throw invalid(`labels is not a list of at most ${LABELS_MAX} strings`);
  }
  return { inputs: specsOf(inputs, 'inputs', invalid), outputs: specsOf(outputs, 'outputs', invalid), labels: labels as string[] };
}

function specsOf(value: unknown, where: string, invalid: (what: string) => Error): Record<string, TensorSpec> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${where} is not an object`);
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length === 0 || entries.length > TENSORS_MAX) throw invalid(`${entries.length} ${where}; 1–${TENSORS_MAX} are taken`);
  const specs = entries.map(([name, spec]): [string, TensorSpec] => {
    const { type, shape } = (spec ?? {}) as { type?: unknown; shape?: unknown };
    if (!TENSOR_TYPES.includes(type as TensorType)) throw invalid(`${where}.${name}.type is none of ${TENSOR_TYPES.join(', ')}`);
    const fits = (dim: unknown): boolean =>
      typeof dim === 'string' ? dim !== '' : Number.isInteger(dim) && (dim as number) > 0 && (dim as number) <= NUMBERS_MAX;
    if (!Array.isArray(shape) || shape.length > DIMS_MAX || !shape.every(fits)) {
      throw invalid(`${where}.${name}.shape is not a list of at most ${DIMS_MAX} sizes or names`);
    }
    return [name, { type: type as TensorType, shape: shape as (number | string)[] }];
  });
  return Object.fromEntries(specs);
}

/** @throws REQUEST_INVALID naming the tensor that does not fit */
export function checkInputs({ inputs: specs }: Signature, inputs: Readonly<Record<string, TensorValue>>): void {
  const invalid = (name: string, what: string): Error =>
    inferenceError('REQUEST_INVALID', `inputs.${name} ${what}`, { field: `inputs.${name}` });
  const named = new Map<string, number>();
  let numbers = 0;
  for (const name of Object.keys(inputs))
    if (!Object.hasOwn(specs, name)) throw invalid(name, `is unknown; the model takes ${Object.keys(specs).join(', ')}`);
  for (const [name, spec] of Object.entries(specs)) {
    const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (value === undefined) throw invalid(name, 'is missing');
    if (value.type !== spec.type) throw invalid(name, `is ${value.type}; the model takes ${spec.type}`);
    const fits = (size: number, at: number): boolean => {
      const wanted = spec.shape[at] as number | string;
      if (!Number.isInteger(size) || size < 1) return false;
      if (typeof wanted === 'number') return size === wanted;
      const first = named.get(wanted) ?? size;
      named.set(wanted, first);
      return size === first;
    };
    if (value.shape.length !== spec.shape.length || !value.shape.every(fits)) {
      throw invalid(name, `has shape [${value.shape.join()}]; the model takes [${spec.shape.join()}]`);
    }
    const count = value.shape.reduce((product, size) => product * size, 1);
    numbers += count;
    if (value.type !== 'float32' && !Array.prototype.every.call(value.data, Number.isSafeInteger))
      throw invalid(name, 'has numbers that are not whole');
    if (value.data.length !== count || numbers > NUMBERS_MAX)
      throw invalid(name, `has ${value.data.length} numbers for a shape of ${count}`);
  }
}
