/**
 * Coded errors. Every error that leaves a module carries a stable `code` (wire contract, metric label and docs anchor),
 * a message that says what is wrong and a `remedy` that says what to do. Modules declare their codes once with
 * {@link defineErrors}; docs/errors.md is generated from those declarations.
 */

/** What one error code means, independent of a single occurrence. */
export interface ErrorDefinition {
  /** One sentence: when this happens. */
  readonly summary: string;
  /** One sentence: what the reader should do. */
  readonly remedy: string;
  /** HTTP status that REST answers with. */
  readonly http: number;
  /** Process exit code when the CLI ends with this error (1 when absent; docs/exit-codes.md). */
  readonly exit?: number;
  /** Whether the same call may succeed later without any change by the caller. */
  readonly retryable?: boolean;
}

export type ErrorData = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

export class CodedError extends Error {
  readonly code: string;
  readonly module: string;
  readonly definition: ErrorDefinition;
  readonly data: ErrorData;

  constructor(module: string, code: string, definition: ErrorDefinition, message: string, data: ErrorData, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CodedError';
    this.module = module;
    this.code = code;
    this.definition = definition;
    this.data = data;
  }

  /** What the reader should do about it. */
  get remedy(): string {
    return this.definition.remedy;
  }
}

export interface ErrorFactory<C extends string> {
  (code: C, message: string, data?: ErrorData, cause?: unknown): CodedError;
  readonly module: string;
  readonly definitions: Readonly<Record<C, ErrorDefinition>>;
}

/**
 * Declares the error codes of one module, in its `errors.ts`.
 *
 * @example
 * export const minerError = defineErrors('miner', {
 *   MINER_QUEUE_FULL: { summary: 'The queue is at its bound.', remedy: 'Retry after a moment.', http: 503, retryable: true },
 * });
 * throw minerError('MINER_QUEUE_FULL', `queue holds ${depth} of ${bound}`, { depth, bound });
 */
export function defineErrors<const D extends Record<string, ErrorDefinition>>(
  module: string,
  definitions: D,
): ErrorFactory<keyof D & string> {
  const make = (code: keyof D & string, message: string, data: ErrorData = {}, cause?: unknown): CodedError =>
    new CodedError(module, code, definitions[code] as ErrorDefinition, message, data, cause);
  return Object.assign(make, { module, definitions });
}

export function isCoded(error: unknown, code?: string): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}

const internal = defineErrors('util', {
  INTERNAL: { summary: 'A defect in cortensord.', remedy: 'Report it with the log lines around it.', http: 500, exit: 70 },
  TIMEOUT: {
    summary: 'A bounded wait ran out.',
    remedy: 'Retry; if it repeats, look at the peer or service that is named.',
    http: 504,
    retryable: true,
  },
  CANCELLED: { summary: 'The caller cancelled the work.', remedy: 'Nothing to do.', http: 499, exit: 130 },
  STOPPING: {
    summary: 'The node is shutting down and takes no new work.',
    remedy: 'Send the request to another node.',
    http: 503,
    retryable: true,
  },
});
export const utilError = internal;

/** Any thrown value as a coded error: coded ones pass through, the rest become INTERNAL with the cause kept. */
export function toCoded(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return internal(error.name === 'TimeoutError' ? 'TIMEOUT' : 'CANCELLED', error.message, {}, error);
  }
  return internal('INTERNAL', error instanceof Error ? error.message : String(error), {}, error);
}
