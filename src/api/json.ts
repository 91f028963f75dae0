/** A type as it looks in JSON: bigint and branded strings become `string`. */
export type Wire<T> = T extends bigint
  ? string
  : T extends string
    ? string extends T
      ? string
      : T extends `0x${string}`
        ? string
        : T
    : T extends readonly (infer E)[]
      ? readonly Wire<E>[]
      : T extends object
        ? { readonly [K in keyof T]: Wire<T[K]> }
        : T;

/** JSON text in which bigint is a decimal string and bytes are 0x-hex. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replacer) ?? 'null';
}

/** What {@link toJson} would write, as a value. */
export function toWire(value: unknown): unknown {
  return JSON.parse(toJson(value));
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  return value;
}
