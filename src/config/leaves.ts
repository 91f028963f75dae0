import type { z } from 'zod';
import type { FieldDoc } from './field.ts';
import { configSchema } from './schema.ts';

export type LeafType = 'string' | 'number' | 'boolean' | 'list';

/** One key of the config, as the loaders and the docs see it. */
export interface Leaf {
  /** Dotted, e.g. `api.rest.port`. */
  readonly key: string;
  /** e.g. `CORTENSORD_API_REST_PORT`. */
  readonly env: string;
  readonly type: LeafType;
  readonly schema: z.ZodType;
  readonly doc: FieldDoc;
  readonly defaultValue: unknown;
}

export interface Table {
  /** Dotted; '' for the root. */
  readonly key: string;
  readonly doc: string;
  readonly leaves: readonly Leaf[];
}

/** `api.rest.allowedHosts` → `CORTENSORD_API_REST_ALLOWED_HOSTS`. */
export function envName(key: string): string {
  return `CORTENSORD_${key
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

function collect(prefix: string, doc: string, shape: z.core.$ZodShape, into: Table[]): void {
  const leaves: Leaf[] = [];
  into.push({ key: prefix, doc, leaves });
  for (const [name, type] of Object.entries(shape)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const schema = type as z.ZodType;
    const meta = schema.meta();
    if (schema.def.type === 'object') {
      collect(key, meta?.doc ?? '', (schema as z.ZodObject).shape, into);
      continue;
    }
    leaves.push({
      key,
      env: envName(key),
      type: leafType(schema),
      schema,
      doc: { ...meta, doc: meta?.doc ?? '' },
      defaultValue: schema.parse(undefined),
    });
  }
}

function leafType(schema: z.ZodType): LeafType {
  const value = schema.parse(undefined);
  if (Array.isArray(value)) return 'list';
  return typeof value as LeafType;
}

/** Tables in schema order; the root's own keys come first. */
export const TABLES: readonly Table[] = (() => {
  const tables: Table[] = [];
  collect('', '', configSchema.shape, tables);
  return tables;
})();

export const LEAVES: ReadonlyMap<string, Leaf> = new Map(TABLES.flatMap((table) => table.leaves).map((leaf) => [leaf.key, leaf]));

const envAliases = { CORTENSORD_PASSWORD_FILE: 'keys.passwordFile' } as const;
/** Read by the CLI itself; no config keys. */
export const ENV_RESERVED: readonly string[] = ['CORTENSORD_CONFIG', 'CORTENSORD_SOCKET'];

export const LEAF_BY_ENV: ReadonlyMap<string, Leaf> = (() => {
  const map = new Map([...LEAVES.values()].map((leaf) => [leaf.env, leaf]));
  for (const [env, key] of Object.entries(envAliases)) {
    const leaf = LEAVES.get(key);
    if (leaf) map.set(env, leaf);
  }
  return map;
})();
