import { defineErrors } from '../../util/errors.ts';

export const guardError = defineErrors('guard', {
  GUARD_PROPOSER_REFUSED: {
    summary: 'A settlement was proposed by a peer that is no active oracle.',
    remedy: 'Register the operator as an oracle first.',
    http: 403,
  },
});
