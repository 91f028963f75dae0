import { inferenceError } from './errors.ts';

/**
 * How a model's matrices are held and multiplied: 'fp32' as they are, 'int8' and 'int4' in blocks with one f32 scale
 * (graph/blocks.ts). The numerics profile names it: numbers of different quantisations are not comparable.
 */
export const QUANTISATIONS = ['fp32', 'int8', 'int4'] as const;
export type Quantisation = (typeof QUANTISATIONS)[number];

/** Bits of one weight; undefined for f32. */
export const BITS = { fp32: undefined, int8: 8, int4: 4 } as const satisfies Record<Quantisation, 4 | 8 | undefined>;

/**
 * The quantisation that a model folder asks for: `quantisation` in config.json, 'fp32' when it says nothing.
 *
 * @throws MODEL_INVALID for another word
 */
export function quantisationOf(config: Readonly<Record<string, unknown>>): Quantisation {
  const value = config.quantisation ?? 'fp32';
  const known = QUANTISATIONS.find((name) => name === value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  throw inferenceError('MODEL_INVALID', `config.json: quantisation is ${text}; ${QUANTISATIONS.join(', ')} are known`, {
    key: 'quantisation',
    value: text,
  });
}
