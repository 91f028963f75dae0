import { z } from 'zod';

/** What docs/config.md, `init` and error messages say about one key. */
export interface FieldDoc {
  readonly doc: string;
  /** e.g. `ms`, `bytes`, `wei per 1,000 tokens`. */
  readonly unit?: string;
  /** Bounds in words, where the schema alone does not say it. */
  readonly bounds?: string;
  /** Commented value that `init` writes instead of the default. */
  readonly example?: string | readonly string[];
  /** The value is a path (or a list of them): made absolute, relative to the file or the working directory that names it. */
  readonly path?: boolean;
}

declare module 'zod' {
  interface GlobalMeta extends Partial<FieldDoc> {}
}

/** A leaf of the config: `schema` must carry its default. */
export function field<T extends z.ZodType>(doc: FieldDoc, schema: T): T {
  return schema.meta({ ...doc }) as T;
}

/** A table of the config: unknown keys are errors; every key has a default, so the table itself may be absent. */
export function section<S extends z.ZodRawShape>(doc: string, shape: S) {
  return z.strictObject(shape).meta({ doc });
}

/** COR wei as a decimal string (TOML integers end at 2^63). */
export const weiString = z.string().regex(/^(0|[1-9][0-9]{0,37})$/, 'must be a decimal number of wei in quotes, below 10^38');
/** A whole number in [min, max]. */
export const int = (min: number, max: number) => z.number().int().min(min).max(max);
