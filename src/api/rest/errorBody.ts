import { type CodedError, toCoded } from '../../util/errors.ts';
import { apiError } from '../errors.ts';

/** OpenAI's error body; `code` is ours (docs/errors.md), `remedy` says what to do. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    readonly remedy: string;
  };
}

const TYPE_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** A defect's own message stays in the log. */
export function errorBody(error: CodedError): ErrorBody {
  const { http } = error.definition;
  const param = error.data.param;
  return {
    error: {
      message: error.code === 'INTERNAL' ? 'internal error' : error.message,
      type: TYPE_BY_STATUS[http] ?? (http < 500 ? 'invalid_request_error' : 'server_error'),
      param: typeof param === 'string' ? param : null,
      code: error.code,
      remedy: error.remedy,
    },
  };
}

/** Errors of the HTTP layer as ours. */
export function restError(error: unknown): CodedError {
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return apiError('BODY_TOO_LARGE', 'the request body is too large', {}, error);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return apiError('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json', {}, error);
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return apiError('INVALID_JSON', 'the body is not valid JSON', {}, error);
    default:
      if (error instanceof SyntaxError && statusCode === 400) return apiError('INVALID_JSON', `the body is not valid JSON`, {}, error);
      if (code?.startsWith('FST_') && statusCode !== undefined && statusCode < 500)
        return apiError('INVALID_REQUEST', message ?? 'bad request', {}, error);
      return toCoded(error);
  }
}
