import type { z } from 'zod';

/** `null` means absent, as in OpenAI's own API. */
export function maybe<T extends z.ZodType>(type: T) {
  return type.nullish().transform((value): z.output<T> | undefined => value ?? undefined);
}

/** Of a value that OpenAI's API has and that we do not do. */
export const oneRefusal = (message: string) => ({ message, params: { unsupported: true } });
