import { defineErrors } from '../util/errors.ts';

/** Error codes of the chain module. */
export const chainError = defineErrors('chain', {
  CHAIN_UNREACHABLE: {
    summary: 'The RPC endpoint did not answer in time.',
    remedy: 'Check the RPC URL and that the endpoint is up.',
    http: 503,
    exit: 69,
    retryable: true,
  },
  CHAIN_WRONG_ID: {
    summary: 'The RPC endpoint serves another chain than the deployment is on.',
    remedy: 'Point the RPC URL at the chain that the deployment file names, or use the deployment of this chain.',
    http: 500,
    exit: 78,
  },
  CHAIN_NO_CONTRACT: {
    summary: 'There is no contract at an address of the deployment.',
    remedy: 'Use the deployment file of this chain; a restarted devnet needs a new deployment.',
    http: 500,
    exit: 78,
  },
  CHAIN_DEPLOYMENT_INVALID: {
    summary: 'The deployment file does not have the expected form.',
    remedy: 'Deploy again or fetch the file again; docs/contracts/deployment.md describes its fields.',
    http: 500,
    exit: 78,
  },
  CHAIN_NO_ACCOUNT: {
    summary: 'A transaction was asked for, but no signing account was configured.',
    remedy: 'Configure an operator key.',
    http: 500,
    exit: 78,
  },
  CHAIN_REVERTED: {
    summary: 'A contract refused the call; `error` in the data names its custom error.',
    remedy: 'Look the custom error up in docs/contracts.',
    http: 409,
  },
  CHAIN_TX_REFUSED: {
    summary: 'The RPC endpoint did not accept the transaction.',
    remedy: "Check the account's balance for gas and the endpoint's limits.",
    http: 502,
    retryable: true,
  },
  CHAIN_TX_TIMEOUT: {
    summary: 'The transaction was sent, but not mined before the deadline.',
    remedy: 'It may still be mined; it is reconciled at the next start. Ask again rather than sending again.',
    http: 504,
    retryable: true,
  },
  CHAIN_TX_REPLACED: {
    summary: "Another transaction used up this one's nonce.",
    remedy: 'Use the key in one place only.',
    http: 409,
  },
  CHAIN_QUEUE_FULL: {
    summary: 'Too many transactions of the account wait to be sent.',
    remedy: 'Wait until some are mined.',
    http: 503,
    retryable: true,
  },
  CHAIN_CLOSED: { summary: 'The chain client was closed.', remedy: 'Nothing to do: the node is stopping.', http: 503 },
  CHAIN_BLOCK_UNKNOWN: {
    summary: 'The endpoint has no such block.',
    remedy: 'Ask for a block that is mined, at an endpoint that keeps blocks that old.',
    http: 404,
  },
  CHAIN_HEADER_UNKNOWN: {
    summary: "A block's header can't be written as its chain does.",
    remedy: 'Update cortensord: the chain had a fork that added header fields.',
    http: 502,
  },
  CHAIN_TREE_EMPTY: {
    summary: 'A Merkle tree needs at least one leaf.',
    remedy: 'Settle an epoch only when somebody is owed something.',
    http: 500,
  },
  CHAIN_TREE_DUPLICATE: {
    summary: 'An account or a task stands in its tree twice.',
    remedy: 'Sum its payouts up before building the tree; bill a task once.',
    http: 500,
  },
  CHAIN_SUM_TOO_LARGE: {
    summary: 'A sum in a tree does not fit 16 bytes.',
    remedy: 'Nothing to do: no supply of COR is that large.',
    http: 500,
  },
  ANVIL_UNAVAILABLE: {
    summary: 'There is no anvil binary for this platform.',
    remedy: 'Install the optional package @foundry-rs/anvil-<platform>-<arch>, or run your own EVM node.',
    http: 500,
    exit: 69,
  },
  ANVIL_FAILED: {
    summary: 'anvil ended or said nothing while starting.',
    remedy: 'Read its last lines in the message; another process may hold the port.',
    http: 500,
    exit: 69,
  },
});
