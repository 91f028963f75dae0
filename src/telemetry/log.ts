import { type Logger, pino, stdSerializers } from 'pino';
import { CodedError } from '../util/errors.ts';
import { prettyStream } from './pretty.ts';

export type { Logger } from 'pino';

export interface LogOptions {
  /** pino level or `silent`. */
  readonly level: string;
  /** `auto` is pretty on a terminal. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Fields on every line, e.g. {peer}. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Standard error when absent. */
  readonly stream?: { write(line: string): void };
}

const secretFields = [
  'password',
  'passphrase',
  'privateKey',
  'secretKey',
  'mnemonic',
  'authorization',
  'apiKey',
  'accessToken',
  'prompt',
  'promptIds',
  'promptSalt',
  'messages',
  'content',
  'completion',
  'outputIds',
  'text',
] as const;

/** Whatever is logged under one of these names, up to three levels deep, is replaced. */
export const REDACTED_PATHS: readonly string[] = [
  ...secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
  '*.headers.authorization',
  'headers["x-cortensor-token"]',
  '*.headers["x-cortensor-token"]',
];

/** A structured logger: one line per event on standard error; keys, prompts and outputs are redacted by field name. */
export function createLogger(options: LogOptions): Logger {
  const pretty = options.format === 'pretty' || (options.format === 'auto' && process.stderr.isTTY);
  const sink = options.stream ?? pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level: options.level,
      base: { ...options.fields },
      redact: { paths: [...REDACTED_PATHS], censor: '[redacted]' },
      serializers: { err: serializeError, error: serializeError },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty ? prettyStream(sink) : sink,
  );
}

/** Coded errors by code and data; foreign ones by short message (chain libraries put whole calldata into `message` and `stack`). */
export function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof CodedError) {
    const { code, module, message, data } = error;
    const cause = error.cause === undefined ? {} : { cause: causeOf(error.cause, code === 'INTERNAL') };
    const stack = code === 'INTERNAL' && !(error.cause instanceof Error) ? { stack: error.stack } : {};
    return { code, module, message, ...printable(data), ...cause, ...stack };
  }
  const short = (error as { shortMessage?: unknown }).shortMessage;
  if (typeof short === 'string') return { type: error.name, message: short };
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message, stack };
}

/** Of a foreign cause the stack says where a defect is, and nothing when the code has said what happened. */
function causeOf(cause: unknown, defect: boolean): unknown {
  const { stack, ...shown } = Object(serializeError(cause));
  return defect ? { ...shown, stack } : shown;
}

function printable(data: CodedError['data']): { data?: Record<string, unknown> } {
  const entries = Object.entries(data).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value] as const);
  return entries.length === 0 ? {} : { data: Object.fromEntries(entries) };
}
