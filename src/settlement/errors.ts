import { defineErrors } from '../util/errors.ts';

export const settlementError = defineErrors('settlement', {
  PAYOUTS_UNKNOWN: {
    summary: 'This node does not hold the leaves of that root.',
    remedy: 'Ask an oracle or a guard that was up when the epoch was settled.',
    http: 404,
    retryable: true,
  },
  PAYOUTS_UNAVAILABLE: {
    summary: 'No oracle or guard gave leaves that hash to the root on chain.',
    remedy: 'Wait until one that holds them is reachable.',
    http: 503,
    retryable: true,
  },
  ATTEST_REFUSED: {
    summary: 'A guard does not sign an epoch, because it computes another one.',
    remedy: 'Nothing to do: the oracle proposes again in the next epoch. The message names the first difference.',
    http: 409,
    retryable: true,
  },
  EPOCH_QUORUM: {
    summary: 'Guards with more than two thirds of the guards’ stake did not sign the epoch.',
    remedy: 'Nothing to do: its tasks stay for the next epoch. The log names each refusal.',
    http: 503,
    retryable: true,
  },
});
