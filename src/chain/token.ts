import { encodeFunctionData } from 'viem';
import type { Address, Wei } from '../types/index.ts';
import { resultOf, type TxResult, type WriteContext } from './context.ts';
import type { Deployment } from './deployment.ts';
import { corTokenAbi } from './generated/CorToken.ts';
import type { RpcClient } from './rpc.ts';

/** COR of an account now, wei. */
export function balanceOf(client: RpcClient, deployment: Deployment, account: Address): Promise<Wei> {
  return client.readContract({ address: deployment.token, abi: corTokenAbi, functionName: 'balanceOf', args: [account] });
}

/** COR that `spender` may still move for `owner`, wei. */
export function allowanceOf(client: RpcClient, deployment: Deployment, owner: Address, spender: Address): Promise<Wei> {
  return client.readContract({ address: deployment.token, abi: corTokenAbi, functionName: 'allowance', args: [owner, spender] });
}

export async function transfer({ sender, deployment }: WriteContext, to: Address, amount: Wei): Promise<TxResult> {
  const data = encodeFunctionData({ abi: corTokenAbi, functionName: 'transfer', args: [to, amount] });
  return resultOf(await sender.send({ kind: 'transfer', to: deployment.token, data }));
}

export async function approve({ sender, deployment }: WriteContext, spender: Address, amount: Wei): Promise<TxResult> {
  const data = encodeFunctionData({ abi: corTokenAbi, functionName: 'approve', args: [spender, amount] });
  return resultOf(await sender.send({ kind: 'approve', to: deployment.token, data }));
}

/** Approves exactly `amount` unless at least that much is approved already. */
export async function ensureAllowance(context: WriteContext, spender: Address, amount: Wei): Promise<void> {
  const allowed = await allowanceOf(context.client, context.deployment, context.sender.account, spender);
  if (allowed < amount) await approve(context, spender, amount);
}
