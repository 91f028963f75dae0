import { INTEGER_MAX } from './numbers.ts';
import { invalid } from './unsupported.ts';

export type Schema = Readonly<Record<string, unknown>>;

export const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
export type Type = (typeof TYPES)[number];

/** Say nothing about which values fit. */
// biome-ignore format: a list
export const ANNOTATIONS = new Set(['$schema', '$id', '$comment', '$defs', 'definitions', 'title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly']);
/** Keywords that stand for the whole schema: beside them there are annotations only, and `type` beside values. */
export const WHOLE = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const'] as const;
/** Keywords of one type; they say nothing about values of others. */
export const KEYWORDS: Readonly<Record<Type, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  boolean: [],
  null: [],
};
const KNOWN = new Set<string>(['type', ...WHOLE, ...Object.values(KEYWORDS).flat()]);

/** The first keyword that is not known. */
export const unknownKeyword = (schema: Schema): string | undefined =>
  Object.keys(schema).find((key) => !KNOWN.has(key) && !ANNOTATIONS.has(key));

export function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All types where the schema names none. @throws GRAMMAR_INVALID */
export function typesOf({ type }: Schema, path: string): readonly Type[] {
  if (type === undefined) return TYPES;
  const list = Array.isArray(type) ? type : [type];
  const wrong = list.find((one) => !TYPES.includes(one as Type));
  if (wrong !== undefined || list.length === 0) throw invalid(path, `type ${JSON.stringify(wrong ?? type)} is none of ${TYPES.join(', ')}`);
  return [...new Set(list as Type[])];
}

export function isOfType(value: unknown, type: Type): boolean {
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

/** @throws GRAMMAR_INVALID */
export function count(schema: Schema, keyword: string, path: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(path, `${keyword} is not a whole number from 0`);
}

/** Least and greatest integer that the schema takes. @throws GRAMMAR_INVALID */
export function integerBounds(schema: Schema, path: string): [number, number] {
  const bound = (keyword: string, otherwise: number): number => {
    const value = schema[keyword] ?? otherwise;
    if (typeof value === 'number') return value;
    throw invalid(path, `${keyword} is not a number`);
  };
  const above = bound('exclusiveMinimum', Number.NEGATIVE_INFINITY);
  const below = bound('exclusiveMaximum', Number.POSITIVE_INFINITY);
  const min = Math.max(Math.ceil(bound('minimum', -INTEGER_MAX)), Math.floor(above) + 1, -INTEGER_MAX);
  const max = Math.min(Math.floor(bound('maximum', INTEGER_MAX)), Math.ceil(below) - 1, INTEGER_MAX);
  return [min, max];
}
