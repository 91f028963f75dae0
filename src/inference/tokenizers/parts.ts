import { inferenceError } from '../errors.ts';
import { SplitPreTokenizer } from './library.ts';

/** A part of tokenizer.json as it stands there. */
export type PartConfig = Readonly<Record<string, unknown>> | null;

/** White space as Unicode has it: unlike `\s` of JavaScript with U+0085, without U+FEFF. */
export const SPACE = '\\p{White_Space}';

/** @returns MODEL_UNSUPPORTED naming a part of tokenizer.json that the engine does not have */
export function unsupportedPart(part: string, what: unknown): Error {
  const text = String(JSON.stringify(what)).slice(0, 80);
  return inferenceError('MODEL_UNSUPPORTED', `tokenizer.json: ${part} ${text} is not supported`, { key: part, value: text });
}

/** A text as a pattern that finds just it. */
export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * `{ "String": … }` or `{ "Regex": … }` (Oniguruma's dialect) as a regular expression of JavaScript.
 *
 * @throws MODEL_UNSUPPORTED
 */
export function patternOf(part: string, config: Readonly<Record<string, unknown>>): RegExp {
  const { String: literal, Regex: regex } = (config.pattern ?? {}) as Record<string, unknown>;
  if (typeof literal === 'string') return new RegExp(escaped(literal), 'gu');
  if (typeof regex !== 'string') throw unsupportedPart(part, config.pattern);
  try {
    const { pattern } = new SplitPreTokenizer({ type: 'Split', pattern: { Regex: regex }, invert: false });
    if (pattern !== null) return pattern;
  } catch {
    // Named below.
  }
  throw unsupportedPart(part, config.pattern);
}
