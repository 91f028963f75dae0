import type { InferenceSession } from 'onnxruntime-node';
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
} as const;
const LAYERS_MAX = 1024;

/** What a session needs to know of an export. */
export interface ExportShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly hasMask: boolean;
  readonly hasPositions: boolean;
}

/**
 * Reads the layout of an exported decoder from its inputs and outputs.
 *
 * @throws MODEL_UNSUPPORTED naming the input or output that is missing, unknown or of another type
 */
export function exportShape(session: Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>): ExportShape {
  const unsupported = (name: string, what: string): Error =>
    inferenceError('MODEL_UNSUPPORTED', `ONNX export: ${name} ${what}`, { key: name });
  const byName = (list: readonly InferenceSession.ValueMetadata[]): Map<string, InferenceSession.ValueMetadata> =>
    new Map(list.map((value) => [value.name, value]));
  const [inputs, outputs] = [byName(session.inputMetadata), byName(session.outputMetadata)];
  const typed = (from: typeof inputs, name: string, type: string): readonly (number | string)[] => {
    const found = from.get(name);
    if (found === undefined) throw unsupported(name, 'is missing');
    if (!found.isTensor || found.type !== type) throw unsupported(name, `is ${found.isTensor ? found.type : 'no tensor'}; ${type} is run`);
    return found.shape;
  };

  const expected = new Set<string>([EXPORT_IO.ids]);
  typed(inputs, EXPORT_IO.ids, 'int64');
  for (const name of [EXPORT_IO.mask, EXPORT_IO.positions]) {
    if (!inputs.has(name)) continue;
    typed(inputs, name, 'int64');
    expected.add(name);
  }
  const [, kvHeads, , headSize] = typed(inputs, EXPORT_IO.past(0, 'key'), 'float32');
  if (typeof kvHeads !== 'number' || typeof headSize !== 'number' || kvHeads < 1 || headSize < 1) {
    throw unsupported(EXPORT_IO.past(0, 'key'), 'does not say how many heads of what size it has');
  }
  let layers = 0;
  for (; layers < LAYERS_MAX && inputs.has(EXPORT_IO.past(layers, 'key')); layers++) {
    for (const part of CACHE_PARTS) {
      const shape = typed(inputs, EXPORT_IO.past(layers, part), 'float32');
      if (shape.length !== 4 || shape[1] !== kvHeads || shape[3] !== headSize) {
        throw unsupported(EXPORT_IO.past(layers, part), `has shape [${shape.join()}], unlike the first layer`);
      }
      typed(outputs, EXPORT_IO.present(layers, part), 'float32');
      expected.add(EXPORT_IO.past(layers, part));
    }
  }
  typed(outputs, EXPORT_IO.logits, 'float32');
  for (const name of inputs.keys()) if (!expected.has(name)) throw unsupported(name, 'is an input that is not known');
  return { layers, kvHeads, headSize, hasMask: inputs.has(EXPORT_IO.mask), hasPositions: inputs.has(EXPORT_IO.positions) };
}
