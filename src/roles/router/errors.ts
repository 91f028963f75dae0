import { defineErrors } from '../../util/errors.ts';

export const routerError = defineErrors('router', {
  API_KEY_MISSING: {
    summary: 'The request carries no session key.',
    remedy: 'Open a session (`cortensord session create`) and send its key as `Authorization: Bearer cor-…`.',
    http: 401,
  },
  API_KEY_REFUSED: {
    summary: 'The session key is malformed, expired, for another router, or not signed by the session’s client.',
    remedy: 'Make a new key with `cortensord session create` or the SDK’s `createApiKey`.',
    http: 401,
  },
  MODEL_NOT_SERVED: {
    summary: 'This router knows no such model.',
    remedy: 'Pick one of GET /v1/models.',
    http: 404,
  },
  NO_MINER: {
    summary: 'No live, registered miner serves the model within the session’s price.',
    remedy: 'Wait for a miner, raise the session’s price bound, or use another model.',
    http: 503,
    retryable: true,
  },
  ROUTER_BUSY: {
    summary: 'The router has as many completions in flight as its bound.',
    remedy: 'Retry after a moment.',
    http: 503,
    retryable: true,
  },
  SESSION_NOT_FOUND: {
    summary: 'The chain has no such session at the confirmation depth.',
    remedy: 'Wait for the deposit to confirm, and check the chain id and the session id.',
    http: 402,
    retryable: true,
  },
  SESSION_NOT_OPEN: {
    summary: 'The session is closing, closed or expired.',
    remedy: 'Open a new session.',
    http: 402,
  },
  SESSION_WRONG_MODEL: {
    summary: 'The session pays for another model.',
    remedy: 'Ask for the session’s model, or open a session for this one.',
    http: 400,
  },
  SESSION_WRONG_ROUTER: {
    summary: 'The session names another router as its spender.',
    remedy: 'Send the request to the session’s router, or open a session for this one.',
    http: 403,
  },
  DEPOSIT_TOO_LOW: {
    summary: 'What is left of the deposit does not cover the worst case of the request.',
    remedy: 'Ask for fewer tokens (max_tokens), wait for running requests, or top the session up.',
    http: 402,
  },
  PROMPT_EXCEEDS_CONTEXT: {
    summary: 'Prompt and wanted tokens do not fit the model’s context.',
    remedy: 'Shorten the prompt or lower max_tokens.',
    http: 400,
  },
  MINER_FAILED: {
    summary: 'Every miner that was tried failed before its first token.',
    remedy: 'Retry; the log names each miner’s error.',
    http: 502,
    retryable: true,
  },
  MINER_REFUSED: {
    summary: 'A miner answered a task with an error.',
    remedy: 'Nothing to do: the next miner is tried. The message names the miner’s own code.',
    http: 502,
    retryable: true,
  },
  MINER_LOST: {
    summary: 'The miner failed after part of the answer had been streamed. Nothing was paid for it.',
    remedy: 'Send the request again; another miner takes it.',
    http: 502,
    retryable: true,
  },
  LOGPROBS_REFUSED: {
    summary: 'A miner’s log-probabilities are missing, too many, or no numbers up to 0. Nothing was paid for it.',
    remedy: 'Nothing to do before the first token: the next miner is tried. Later, send the request again.',
    http: 502,
    retryable: true,
  },
  RECEIPT_REFUSED: {
    summary: 'The miner’s receipt does not match what it streamed or what it was assigned. Nothing was paid for it.',
    remedy: 'Send the request again; another miner takes it.',
    http: 502,
    retryable: true,
  },
});
