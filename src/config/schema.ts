import { z } from 'zod';
import { field } from './field.ts';
import { api } from './sections/api.ts';
import { models } from './sections/models.ts';
import { chain, network } from './sections/network.ts';
import { keys, log, node } from './sections/node.ts';
import { guard, miner, oracle, router } from './sections/roles.ts';

/** The whole config: one strict schema composed of sections. docs/config.md is generated from it. */
export const configSchema = z.strictObject({
  dataDir: field(
    { doc: 'Where keys, databases and the socket live; made with mode 0700. `~` is the home directory.', path: true },
    z.string().min(1).default('~/.cortensord'),
  ),
  node,
  keys,
  network,
  chain,
  api,
  log,
  models,
  router,
  miner,
  guard,
  oracle,
});

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Every key present and valid; paths absolute; frozen. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;

/** Where a value came from, strongest first. */
export type Origin =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string; readonly line?: number | undefined }
  | { readonly kind: 'default' };

export interface ResolvedConfig {
  readonly config: Config;
  /** @param key dotted, e.g. `api.rest.port`. @throws CONFIG_UNKNOWN_KEY */
  origin(key: string): Origin;
  /** Dotted keys in schema order. */
  readonly keys: readonly string[];
}
