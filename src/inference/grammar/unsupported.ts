import type { CodedError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';

/** @param path JSON pointer of the schema, '' for the whole one @param what the keyword, or what it says */
export function unsupported(path: string, what: string, cause?: unknown): CodedError {
  return inferenceError('GRAMMAR_UNSUPPORTED', `${path === '' ? 'the schema' : path}: ${what} is not supported`, { path, what }, cause);
}

export function invalid(path: string, what: string): CodedError {
  return inferenceError('GRAMMAR_INVALID', `${path === '' ? 'the schema' : path}: ${what}`, { path });
}
