import { defineErrors } from '../util/errors.ts';

export const devnetError = defineErrors('devnet', {
  DEVNET_RUNNING: {
    summary: 'Another devnet runs in the same directory.',
    remedy: 'Stop it (Ctrl-C in its terminal), or give this one its own --data-dir.',
    http: 500,
    exit: 69,
  },
  DEVNET_NODE_FAILED: {
    summary: 'A process of the devnet did not come up, or died.',
    remedy: 'Read the log that the message names.',
    http: 500,
    exit: 69,
  },
  DEVNET_NOT_FORMED: {
    summary: 'The network did not form in time.',
    remedy: 'Look at the logs in the devnet directory; a loaded machine may need another try.',
    http: 504,
    exit: 69,
  },
  DEVNET_NO_ANSWER: {
    summary: 'The router refused the prompt, or its answer broke off.',
    remedy: 'The message names the router’s own code; look at its log in the devnet directory.',
    http: 502,
    exit: 69,
  },
  DEVNET_NO_SETTLEMENT: {
    summary: 'The answer was not verified, settled or paid out in time.',
    remedy: 'Look at the guards’ and the oracle’s logs in the devnet directory.',
    http: 504,
    exit: 69,
  },
});
