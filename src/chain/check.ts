import { type Deployment, WORK_CONTRACTS } from './deployment.ts';
import { chainError } from './errors.ts';
import { type RpcClient, toChainError } from './rpc.ts';

/**
 * Holds the endpoint against the deployment: the right chain, and code at every address.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT
 */
export async function checkChain(client: RpcClient, deployment: Deployment): Promise<void> {
  try {
    const chainId = await client.getChainId();
    if (chainId !== deployment.chainId) {
      throw chainError('CHAIN_WRONG_ID', `the endpoint serves chain ${chainId}, the deployment is on ${deployment.chainId}`, {
        expected: deployment.chainId,
        actual: chainId,
      });
    }
    const codes = await Promise.all(WORK_CONTRACTS.map((name) => client.getCode({ address: deployment[name] })));
    for (const [i, name] of WORK_CONTRACTS.entries()) {
      if (codes[i] !== undefined && codes[i] !== '0x') continue;
      throw chainError('CHAIN_NO_CONTRACT', `no code at ${deployment[name]} (${name})`, { name, address: deployment[name] });
    }
  } catch (error) {
    throw toChainError('chain check', error);
  }
}
