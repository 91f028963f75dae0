import { defineErrors } from '../../util/errors.ts';

export const guardError = defineErrors('guard', {
  GUARD_EVIDENCE_MISMATCH: {
    summary: 'The evidence does not open the commitments of the receipt.',
    remedy: 'Nothing to do: the task is voted INVALID.',
    http: 422,
  },
  GUARD_PROPOSER_REFUSED: {
    summary: 'A settlement was proposed by a peer that is no active oracle.',
    remedy: 'Register the operator as an oracle first.',
    http: 403,
  },
});
