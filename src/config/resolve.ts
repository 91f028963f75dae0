import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { CodedError } from '../util/errors.ts';
import { configError } from './errors.ts';
import { docsAnchor, envLayer, type FlagValue, fileLayer, flagLayer, type Given, originText, show } from './layers.ts';
import { LEAVES, type Leaf } from './leaves.ts';
import type { Config, Origin, ResolvedConfig } from './schema.ts';

/** Everything a config is made of; no I/O here. */
export interface ConfigSources {
  readonly flags?: readonly FlagValue[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly file?: { readonly path: string; readonly text: string } | undefined;
  /** Home directory: `~` in paths. */
  readonly home: string;
  /** Directory that relative paths in flags and environment start from. */
  readonly cwd: string;
}

/**
 * Flags over environment over file over defaults. All problems are collected before it throws, so that one run shows them all.
 *
 * @throws CONFIG_UNKNOWN_KEY, CONFIG_INVALID_VALUE, CONFIG_CONFLICT, CONFIG_FILE_SYNTAX
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const layers = [
    ...(sources.file ? [fileLayer(sources.file.text, sources.file.path)] : []),
    envLayer(sources.env ?? {}),
    flagLayer(sources.flags ?? []),
  ];
  const problems: CodedError[] = layers.flatMap((layer) => layer.problems);
  const given = new Map<string, Given>();
  for (const one of layers.flatMap((layer) => layer.given)) given.set(one.leaf.key, one);

  const origins = new Map<string, Origin>();
  const values = new Map<string, unknown>();
  for (const leaf of LEAVES.values()) {
    const one = given.get(leaf.key);
    const origin: Origin = one?.origin ?? { kind: 'default' };
    origins.set(leaf.key, origin);
    const parsed = leaf.schema.safeParse(one?.value);
    if (parsed.success) {
      values.set(leaf.key, leaf.doc.path === true ? absolute(parsed.data, origin, sources) : parsed.data);
      continue;
    }
    const issue = parsed.error.issues[0];
    const at = issue && issue.path.length > 0 ? `[${issue.path.join('][')}]` : '';
    problems.push(
      configError(
        'CONFIG_INVALID_VALUE',
        `${originText(origin)}: ${leaf.key}${at} is ${show(one?.value)}; ${issue?.message ?? 'invalid'}; set ${wants(leaf)} (${docsAnchor(leaf.key)})`,
        { key: leaf.key },
        parsed.error,
      ),
    );
  }
  if (problems.length > 0) throw combined(problems);

  const config = toTree(values);
  checkTogether(config, origins);
  return {
    config,
    keys: [...LEAVES.keys()],
    origin(key) {
      const origin = origins.get(key);
      if (!origin) throw configError('CONFIG_UNKNOWN_KEY', `${key} is not a known key`, { key });
      return origin;
    },
  };
}

/** The value of a dotted key. */
export function valueAt(config: Config, key: string): unknown {
  return key.split('.').reduce<unknown>((table, part) => (table as Record<string, unknown>)[part], config);
}

/** What a leaf takes, in words: e.g. `a number 1–64` or `one of none, tamper`. */
export function wants(leaf: Leaf): string {
  const json = describeBounds(leaf);
  const unit = leaf.doc.unit === undefined ? '' : ` (${leaf.doc.unit})`;
  return `${json}${unit}`;
}

function describeBounds(leaf: Leaf): string {
  if (leaf.doc.bounds !== undefined) return leaf.doc.bounds;
  const inner = (leaf.schema as { def: { innerType?: unknown } }).def.innerType ?? leaf.schema;
  const type = inner as {
    options?: readonly unknown[];
    minValue?: number | null;
    maxValue?: number | null;
    element?: { options?: readonly unknown[] };
  };
  if (leaf.type === 'list') {
    const options = type.element?.options;
    return Array.isArray(options) && options.every((option) => typeof option === 'string') ? `a list of ${options.join(', ')}` : 'a list';
  }
  if (Array.isArray(type.options)) return `one of ${type.options.join(', ')}`;
  if (leaf.type === 'number') return `${type.minValue ?? '…'}–${type.maxValue ?? '…'}`;
  if (leaf.type === 'boolean') return 'true or false';
  return 'text';
}

function absolute(value: unknown, origin: Origin, sources: ConfigSources): unknown {
  const base = origin.kind === 'file' ? dirname(resolve(sources.cwd, origin.path)) : sources.cwd;
  const one = (path: string): string => {
    if (path === '' || path === 'default' || path.startsWith('model:')) return path;
    if (path === '~' || path.startsWith('~/')) return join(sources.home, path.slice(1));
    return isAbsolute(path) ? path : resolve(base, path);
  };
  return Array.isArray(value) ? value.map(one) : one(String(value));
}

function toTree(values: ReadonlyMap<string, unknown>): Config {
  const dataDir = String(values.get('dataDir'));
  const inDataDir: Readonly<Record<string, string>> = {
    'chain.deploymentFile': join(dataDir, 'deployment.json'),
    'api.rpc.socket': join(dataDir, 'cortensord.sock'),
    'models.dir': join(dataDir, 'models'),
  };
  const root: Record<string, unknown> = {};
  for (const [key, value] of values) {
    const path = key.split('.');
    const name = path.pop() ?? key;
    let table = root;
    for (const part of path) {
      table[part] ??= {};
      table = table[part] as Record<string, unknown>;
    }
    table[name] = value === '' ? (inDataDir[key] ?? '') : value;
  }
  return deepFreeze(root) as unknown as Config;
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) deepFreeze(child);
  return Object.freeze(value);
}

function checkTogether(config: Config, origins: ReadonlyMap<string, Origin>): void {
  if (config.miner.fault !== 'none' && !config.network.devnet) {
    const origin = origins.get('miner.fault') ?? { kind: 'default' as const };
    throw configError(
      'CONFIG_CONFLICT',
      `${originText(origin)}: miner.fault is "${config.miner.fault}" but network.devnet is false; faults are for devnets: set miner.fault = "none" (${docsAnchor('miner.fault')})`,
      { key: 'miner.fault' },
    );
  }
}

function combined(problems: readonly CodedError[]): CodedError {
  const [first] = problems;
  if (!first) throw new RangeError('no problems');
  if (problems.length === 1) return first;
  const code = first.code as 'CONFIG_INVALID_VALUE';
  return configError(code, problems.map((problem) => problem.message).join('\n'), { problems: problems.length });
}
