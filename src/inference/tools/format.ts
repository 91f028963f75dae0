import type { CallForm } from '../grammar/index.ts';

/** How models of one family write calls of tools into their answers. */
export interface ToolFormat {
  readonly name: CallForm;
  /** A call's text begins with one of these, wherever it stands. They may be special tokens. */
  readonly marks: readonly string[];
  /** Texts of special tokens that are read where they stand: marks, and what ends a call. */
  readonly tokens: readonly string[];
  /** Whether an answer that begins with `{` may be a call as well. */
  readonly bare: boolean;
  /**
   * Calls in a text that begins with a mark (or, where that is allowed, `{`) and runs to the answer's end; undefined when it is none.
   *
   * @param text what a model wrote: anything
   */
  parse(text: string): ParsedCalls | undefined;
}

export interface ParsedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface ParsedCalls {
  /** At least one. */
  readonly calls: readonly ParsedCall[];
  /** What stands between or after them. */
  readonly text: string;
}

/** JSON, or undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the JSON object ends that begins at `at` after white space, or -1. What is in strings does not count. */
export function objectEnd(text: string, at: number): number {
  let from = at;
  while (/\s/.test(text[from] ?? '')) from++;
  if (text[from] !== '{') return -1;
  let depth = 0;
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const character = text[i];
    if (quoted && character === '\\') i++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === '{') depth++;
    else if (!quoted && character === '}' && --depth === 0) return i + 1;
  }
  return -1;
}

/** @param key where this family puts the arguments */
export function callOf(value: unknown, key: 'arguments' | 'parameters'): ParsedCall | undefined {
  if (!isRecord(value) || typeof value.name !== 'string') return undefined;
  const given = value[key] ?? {};
  const args = typeof given === 'string' ? parseJson(given) : given;
  return isRecord(args) ? { name: value.name, arguments: args } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
