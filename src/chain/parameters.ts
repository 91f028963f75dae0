import type { Deployment } from './deployment.ts';
import { parametersAbi } from './generated/Parameters.ts';
import { PARAMETERS } from './generated/parameterTable.ts';
import { codedRead, type RpcClient } from './rpc.ts';

export type ParameterName = keyof typeof PARAMETERS;

/** In the order of the contract's enum. */
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as readonly ParameterName[];

/** A parameter as it holds in an epoch; of past and current epochs it never changes. @throws CHAIN_UNREACHABLE */
export function parameterAt(client: RpcClient, deployment: Deployment, name: ParameterName, epoch: number): Promise<bigint> {
  const args = [PARAMETER_NAMES.indexOf(name), BigInt(epoch)] as const;
  return codedRead(name, client.readContract({ address: deployment.parameters, abi: parametersAbi, functionName: 'getAt', args }));
}

/** A parameter as it holds at a block. */
export function parameterNow(client: RpcClient, deployment: Deployment, name: ParameterName, blockNumber: bigint): Promise<bigint> {
  const args = [PARAMETER_NAMES.indexOf(name)] as const;
  return client.readContract({ address: deployment.parameters, abi: parametersAbi, functionName: 'get', args, blockNumber });
}

/** Length of every epoch, ms; fixed for good. Epoch = unix ms / this. */
export async function readEpochMs(client: RpcClient, deployment: Deployment): Promise<number> {
  const seconds = await client.readContract({ address: deployment.parameters, abi: parametersAbi, functionName: 'epochSeconds' });
  return Number(seconds) * 1000;
}
