import { defineErrors } from '../../util/errors.ts';

export const minerError = defineErrors('miner', {
  MINER_ASSIGNMENT_REFUSED: {
    summary: 'The assignment is malformed, unsigned, expired, or not for this miner at its own price.',
    remedy: 'Take price and operator from the miner’s last announcement and sign with the registered router’s operator key.',
    http: 400,
  },
  MINER_SESSION_REFUSED: {
    summary: 'The session is unknown at this miner’s confirmation depth, not open, or does not cover the task.',
    remedy: 'Wait for confirmations, or use a session with enough deposit.',
    http: 402,
    retryable: true,
  },
  MINER_STOPPING: {
    summary: 'The miner is shutting down and takes no new work.',
    remedy: 'Use another miner.',
    http: 503,
    retryable: true,
  },
  MINER_VOUCHER_REFUSED: {
    summary: 'The voucher is missing, not signed by the session’s spender, or does not cover the task.',
    remedy: 'Send a cumulative voucher to the Settlement contract over at least everything received before plus this task.',
    http: 402,
  },
  MINER_TASK_REPEATED: {
    summary: 'The task was taken before.',
    remedy: 'Give every prompt its own nonce.',
    http: 409,
  },
  MINER_EVIDENCE_UNKNOWN: {
    summary: 'The miner holds no evidence of the task (any more).',
    remedy: 'Ask within the retention time of docs/LIMITS.md.',
    http: 404,
  },
  MINER_EVIDENCE_REFUSED: {
    summary: 'Evidence goes to registered guards only.',
    remedy: 'Register the operator as a guard and announce its record first.',
    http: 403,
  },
});
