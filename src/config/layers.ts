import { parse, TomlError } from 'smol-toml';
import type { CodedError } from '../util/errors.ts';
import { configError } from './errors.ts';
import { ENV_RESERVED, LEAF_BY_ENV, LEAVES, type Leaf, TABLES } from './leaves.ts';
import type { Origin } from './schema.ts';
import { suggest } from './suggest.ts';

/** One given value, before its leaf's schema has seen it. */
export interface Given {
  readonly leaf: Leaf;
  readonly value: unknown;
  readonly origin: Origin;
}

/** What one source gives: values, and the problems found in reading it. */
export interface Layer {
  readonly given: readonly Given[];
  readonly problems: readonly CodedError[];
}

export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return origin.line === undefined ? `file ${origin.path}` : `file ${origin.path}:${origin.line}`;
    default:
      return `${origin.kind} ${origin.name}`;
  }
}

/** Docs anchor of a key: the section's heading in docs/config.md. */
export function docsAnchor(key: string): string {
  const table = key.slice(0, Math.max(0, key.lastIndexOf('.')));
  return `docs/config.md#${table === '' ? 'top-level' : table.replaceAll('.', '').toLowerCase()}`;
}

function unknownKey(key: string, origin: Origin, candidates: Iterable<string>, anchor: string): CodedError {
  const near = suggest(key, candidates);
  const hint = near === undefined ? `see ${anchor}` : `did you mean ${near}? (${anchor})`;
  return configError('CONFIG_UNKNOWN_KEY', `${originText(origin)}: ${key} is not a known key; ${hint}`, { key, suggestion: near });
}

/** @throws CONFIG_FILE_SYNTAX */
export function fileLayer(text: string, path: string): Layer {
  let tree: Record<string, unknown>;
  try {
    tree = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw configError(
      'CONFIG_FILE_SYNTAX',
      `file ${path}:${error.line}:${error.column}: ${error.message}`,
      { path, line: error.line },
      error,
    );
  }
  const given: Given[] = [];
  const problems: CodedError[] = [];
  const tables = new Set(TABLES.map((table) => table.key));
  const walk = (prefix: string, table: Record<string, unknown>): void => {
    for (const [name, value] of Object.entries(table)) {
      const key = prefix === '' ? name : `${prefix}.${name}`;
      const origin: Origin = { kind: 'file', path, line: lineOf(text, key) };
      const leaf = LEAVES.get(key);
      if (leaf) given.push({ leaf, value, origin });
      else if (tables.has(key) && isTable(value)) walk(key, value);
      else if (tables.has(key)) {
        problems.push(
          configError(
            'CONFIG_INVALID_VALUE',
            `${originText(origin)}: ${key} is ${show(value)}; write it as a table [${key}] (${docsAnchor(`${key}.`)})`,
            { key },
          ),
        );
      } else {
        const candidates = isTable(value) ? tables : LEAVES.keys();
        problems.push(unknownKey(key, origin, candidates, docsAnchor(key)));
      }
    }
  };
  walk('', tree);
  return { given, problems };
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Line of a key in TOML text, for messages only: undefined for inline tables and odd quoting. */
function lineOf(text: string, key: string): number | undefined {
  let table = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[([^[\]]+)\]/.exec(line)?.[1]?.trim();
    if (header !== undefined) {
      table = header;
      if (header === key) return index + 1;
      continue;
    }
    const name = /^\s*([A-Za-z0-9_.-]+)\s*=/.exec(line)?.[1];
    if (name !== undefined && (table === '' ? name : `${table}.${name}`) === key) return index + 1;
  }
  return undefined;
}

/** Every CORTENSORD_ variable; lists are comma-separated. */
export function envLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  const given: Given[] = [];
  const problems: CodedError[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('CORTENSORD_') || text === undefined || ENV_RESERVED.includes(name)) continue;
    const origin: Origin = { kind: 'env', name };
    const leaf = LEAF_BY_ENV.get(name);
    if (leaf) given.push({ leaf, value: fromText(leaf, text), origin });
    else problems.push(unknownKey(name, origin, LEAF_BY_ENV.keys(), 'docs/config.md'));
  }
  return { given, problems };
}

/** A flag's value: already typed, or text (`--set key=value`). */
export interface FlagValue {
  readonly key: string;
  readonly value: unknown;
  /** As the user typed it, e.g. `--data-dir`. */
  readonly flag: string;
}

export function flagLayer(flags: readonly FlagValue[]): Layer {
  const given: Given[] = [];
  const problems: CodedError[] = [];
  for (const { key, value, flag } of flags) {
    const origin: Origin = { kind: 'flag', name: flag };
    const leaf = LEAVES.get(key);
    if (leaf) given.push({ leaf, value: typeof value === 'string' ? fromText(leaf, value) : value, origin });
    else problems.push(unknownKey(key, origin, LEAVES.keys(), docsAnchor(key)));
  }
  return { given, problems };
}

/** Text as its leaf's type; what does not fit stays text, so that the schema refuses it with a clear message. */
function fromText(leaf: Leaf, text: string): unknown {
  switch (leaf.type) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case 'list':
      return text.trim() === '' ? [] : text.split(',').map((item) => item.trim());
    default:
      return text;
  }
}

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
