import { inferenceError } from '../errors.ts';
import { CACHE_PARTS, type CachePart } from '../graph/decoder.ts';

/** Names that Hugging Face's exporters give to the inputs and outputs of a decoder. */
export const EXPORT_IO = {
  ids: 'input_ids',
  mask: 'attention_mask',
  positions: 'position_ids',
  past: (layer: number, part: CachePart) => `past_key_values.${layer}.${part}`,
  present: (layer: number, part: CachePart) => `present.${layer}.${part}`,
  logits: 'logits',
  /** Last positions that logits are wanted for: two names for one thing. */
  keep: ['num_logits_to_keep', 'logits_to_keep'],
  /** Merged decoders: false when there is no past. */
  useCache: 'use_cache_branch',
} as const;
export type FloatType = 'float32' | 'float16';
export type IntType = 'int64' | 'int32';
const FLOATS = ['float32', 'float16'] as const;
const INTS = ['int64', 'int32'] as const;
const LAYERS_MAX = 1024;

/** An input or output as a binding describes it. */
export interface ExportValue {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  /** Sizes that are given at run time are texts. */
  readonly shape?: readonly (number | string)[];
}

/** What a session needs to know of an export. */
export interface ExportShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** Type of the whole cache. */
  readonly cacheType: FloatType;
  readonly logitsType: FloatType;
  /** Logits of a token, where the graph says it. */
  readonly vocab: number | undefined;
  readonly ids: IntType;
  /** Types of the inputs that an export may lack; undefined where it does. */
  readonly mask: IntType | undefined;
  readonly positions: IntType | undefined;
  readonly keep: { readonly name: string; readonly type: IntType; readonly dims: readonly number[] } | undefined;
  readonly hasCacheBranch: boolean;
}

/**
 * Reads the layout of an exported decoder from its inputs and outputs.
 *
 * @throws MODEL_UNSUPPORTED naming the input or output that is missing, unknown or of another type
 */
export function exportShape(inputMetadata: readonly ExportValue[], outputMetadata: readonly ExportValue[]): ExportShape {
  const unsupported = (name: string, what: string): Error =>
    inferenceError('MODEL_UNSUPPORTED', `ONNX export: ${name} ${what}`, { key: name });
  const byName = (list: readonly ExportValue[]): Map<string, ExportValue> => new Map(list.map((value) => [value.name, value]));
  const [inputs, outputs] = [byName(inputMetadata), byName(outputMetadata)];
  const typed = <T extends string>(
    from: typeof inputs,
    name: string,
    types: readonly T[],
  ): { type: T; shape: readonly (number | string)[] } => {
    const found = from.get(name);
    if (found === undefined) throw unsupported(name, 'is missing');
    const type = types.find((one) => found.isTensor && found.type === one);
    if (type === undefined) throw unsupported(name, `is ${found.isTensor ? found.type : 'no tensor'}; ${types.join(' and ')} are run`);
    return { type, shape: found.shape ?? [] };
  };
  const expected = new Set<string>();
  const optional = <T extends string>(name: string, types: readonly T[]): { type: T; shape: readonly (number | string)[] } | undefined => {
    if (!inputs.has(name)) return undefined;
    expected.add(name);
    return typed(inputs, name, types);
  };

  const { type: ids } = typed(inputs, EXPORT_IO.ids, INTS);
  expected.add(EXPORT_IO.ids);
  const mask = optional(EXPORT_IO.mask, INTS)?.type;
  const positions = optional(EXPORT_IO.positions, INTS)?.type;
  const hasCacheBranch = optional(EXPORT_IO.useCache, ['bool']) !== undefined;
  const keepName = EXPORT_IO.keep.find((name) => inputs.has(name));
  const keep = keepName === undefined ? undefined : optional(keepName, INTS);

  const { type: cacheType, shape: first } = typed(inputs, EXPORT_IO.past(0, 'key'), FLOATS);
  const [, kvHeads, , headSize] = first;
  if (typeof kvHeads !== 'number' || typeof headSize !== 'number' || kvHeads < 1 || headSize < 1) {
    throw unsupported(EXPORT_IO.past(0, 'key'), 'does not say how many heads of what size it has');
  }
  let layers = 0;
  for (; layers < LAYERS_MAX && inputs.has(EXPORT_IO.past(layers, 'key')); layers++) {
    for (const part of CACHE_PARTS) {
      const { shape } = typed(inputs, EXPORT_IO.past(layers, part), [cacheType]);
      if (shape.length !== 4 || shape[1] !== kvHeads || shape[3] !== headSize) {
        throw unsupported(EXPORT_IO.past(layers, part), `has shape [${shape.join()}], unlike the first layer`);
      }
      typed(outputs, EXPORT_IO.present(layers, part), [cacheType]);
      expected.add(EXPORT_IO.past(layers, part));
    }
  }
  const { type: logitsType, shape: logits } = typed(outputs, EXPORT_IO.logits, FLOATS);
  for (const name of inputs.keys()) if (!expected.has(name)) throw unsupported(name, 'is an input that is not known');
  return {
    layers,
    kvHeads,
    headSize,
    cacheType,
    logitsType,
    vocab: logits.map((size) => (typeof size === 'number' ? size : undefined))[2],
    ids,
    mask,
    positions,
    keep:
      keep === undefined || keepName === undefined
        ? undefined
        : { name: keepName, type: keep.type, dims: keep.shape.length === 0 ? [] : [1] },
    hasCacheBranch,
  };
}
