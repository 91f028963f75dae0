import { type CodedError, toCoded, utilError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import type { WireError } from './protocol.ts';

export function toWire(error: unknown): WireError {
  const coded = toCoded(error);
  const cause = coded.cause instanceof Error ? coded.cause.message : undefined;
  return { code: coded.code, message: coded.message, data: coded.data, cause };
}

export function fromWire(wire: WireError): CodedError {
  const cause = wire.cause === undefined ? undefined : new Error(wire.cause);
  if (wire.code in inferenceError.definitions) {
    return inferenceError(wire.code as keyof typeof inferenceError.definitions, wire.message, wire.data, cause);
  }
  return utilError('INTERNAL', wire.message, wire.data, cause);
}
