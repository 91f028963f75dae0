import { defineErrors } from '../util/errors.ts';

export const nodeError = defineErrors('node', {
  NO_ROLE: {
    summary: 'The node was started without a role.',
    remedy: 'Start it with --role router, miner, guard or oracle (repeat for several), or set node.roles.',
    http: 500,
    exit: 64,
  },
  NO_MODEL: {
    summary: 'A role was told to serve models, and none of them can be used.',
    remedy: 'The message says of each what is wrong; mend or replace one of them, or take the role away.',
    http: 500,
    exit: 65,
  },
  DEPLOYMENT_UNREADABLE: {
    summary: 'The deployment file is missing or is not one.',
    remedy: 'Point chain.deploymentFile to the JSON file of the network that you join.',
    http: 500,
    exit: 64,
  },
  FAULT_OUTSIDE_DEVNET: {
    summary: 'Misbehaviour was configured on a node that is not part of a devnet.',
    remedy: 'Set miner.fault to none.',
    http: 500,
    exit: 64,
  },
  SESSION_NOT_OURS: {
    summary: 'The session belongs to another client, so this node cannot sign for it.',
    remedy: 'Use a session that this node opened, or the key of its client.',
    http: 403,
  },
  SESSION_UNKNOWN: {
    summary: 'The chain has no such session.',
    remedy: 'Check the id; a new session appears at the confirmation depth.',
    http: 404,
    retryable: true,
  },
  TASK_UNKNOWN: {
    summary: 'This node knows no such task.',
    remedy: 'Ask the router that took it.',
    http: 404,
  },
  MODEL_AMBIGUOUS: {
    summary: 'No model was named and the network has none or several.',
    remedy: 'Name one of `model_list`.',
    http: 400,
  },
});
