/** JSON Schema, as far as grammars hold it: written from the standard, without a thought for automata. */
type Schema = Readonly<Record<string, unknown>>;

export function fits(value: unknown, schema: unknown, root: unknown = schema): boolean {
  if (typeof schema === 'boolean') return schema;
  const of = schema as Schema;
  const each = (key: string): readonly unknown[] => (of[key] as readonly unknown[] | undefined) ?? [];
  if (of.$ref !== undefined) return fits(value, resolve(root, String(of.$ref)), root);
  if (of.type !== undefined && ![of.type].flat().some((type) => isOf(value, String(type)))) return false;
  if (of.enum !== undefined && !each('enum').some((one) => same(one, value))) return false;
  if (Object.hasOwn(of, 'const') && !same(of.const, value)) return false;
  for (const key of ['anyOf', 'oneOf']) if (of[key] !== undefined && !each(key).some((one) => fits(value, one, root))) return false;
  if (!each('allOf').every((one) => fits(value, one, root))) return false;
  if (typeof value === 'string') return fitsString(value, of);
  if (typeof value === 'number') return fitsNumber(value, of);
  if (Array.isArray(value)) return fitsArray(value, of, root);
  return typeof value === 'object' && value !== null ? fitsObject(value as Schema, of, root) : true;
}

const number = (of: Schema, key: string, otherwise: number): number => (of[key] as number | undefined) ?? otherwise;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function resolve(root: unknown, ref: string): unknown {
  return ref
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => (at as Schema)[key], root);
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function fitsString(value: string, of: Schema): boolean {
  const length = [...value].length;
  if (length < number(of, 'minLength', 0) || length > number(of, 'maxLength', Number.POSITIVE_INFINITY)) return false;
  return of.pattern === undefined || new RegExp(String(of.pattern), 'u').test(value);
}

function fitsNumber(value: number, of: Schema): boolean {
  return (
    value >= number(of, 'minimum', -Infinity) &&
    value <= number(of, 'maximum', Infinity) &&
    value > number(of, 'exclusiveMinimum', -Infinity) &&
    value < number(of, 'exclusiveMaximum', Infinity)
  );
}

function fitsArray(value: readonly unknown[], of: Schema, root: unknown): boolean {
  if (value.length < number(of, 'minItems', 0) || value.length > number(of, 'maxItems', Number.POSITIVE_INFINITY)) return false;
  const prefix = (of.prefixItems as readonly unknown[] | undefined) ?? [];
  return value.every((item, i) => fits(item, i < prefix.length ? prefix[i] : (of.items ?? true), root));
}

function fitsObject(value: Schema, of: Schema, root: unknown): boolean {
  const properties = (of.properties as Schema | undefined) ?? {};
  if (!((of.required as string[] | undefined) ?? []).every((name) => Object.hasOwn(value, name))) return false;
  return Object.entries(value).every(([name, item]) =>
    fits(item, Object.hasOwn(properties, name) ? properties[name] : (of.additionalProperties ?? true), root),
  );
}
