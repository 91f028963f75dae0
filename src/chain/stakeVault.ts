import { encodeFunctionData } from 'viem';
import type { Address, Wei } from '../types/index.ts';
import { resultOf, type TxResult, type WriteContext } from './context.ts';
import type { Deployment } from './deployment.ts';
import { stakeVaultAbi } from './generated/StakeVault.ts';
import type { RpcClient } from './rpc.ts';
import { ensureAllowance } from './token.ts';

/** Active stake of an owner behind an operator now, wei. */
export function stakeOf(client: RpcClient, deployment: Deployment, owner: Address, operator: Address): Promise<Wei> {
  return client.readContract({ address: deployment.stakeVault, abi: stakeVaultAbi, functionName: 'stakeOf', args: [owner, operator] });
}

/** Stakes the sender's COR behind an operator; approves the token first when needed. */
export async function stake(context: WriteContext, operator: Address, amount: Wei): Promise<TxResult> {
  const { stakeVault } = context.deployment;
  await ensureAllowance(context, stakeVault, amount);
  const data = encodeFunctionData({ abi: stakeVaultAbi, functionName: 'stake', args: [operator, amount] });
  return resultOf(await context.sender.send({ kind: 'stake', to: stakeVault, data }));
}

/** Starts taking stake out; `withdrawStake` ends it after the unbonding delay. */
export async function unstake({ sender, deployment }: WriteContext, operator: Address, amount: Wei): Promise<TxResult> {
  const data = encodeFunctionData({ abi: stakeVaultAbi, functionName: 'unstake', args: [operator, amount] });
  return resultOf(await sender.send({ kind: 'unstake', to: deployment.stakeVault, data }));
}

export async function withdrawStake({ sender, deployment }: WriteContext, operator: Address): Promise<TxResult> {
  const data = encodeFunctionData({ abi: stakeVaultAbi, functionName: 'withdraw', args: [operator] });
  return resultOf(await sender.send({ kind: 'withdrawStake', to: deployment.stakeVault, data }));
}
