import type { Address, Wei } from '../types/index.ts';

/** Shares of a task's cost in basis points; the same constants stand in Settlement.sol. What rounding leaves goes to the miner. */
export const SHARE_BPS = { miner: 9000n, router: 500n, guards: 300n, oracle: 100n, treasury: 100n } as const;

export interface PaidTask {
  readonly cost: Wei;
  /** Accounts that receive: owners' addresses of the nodes. */
  readonly miner: Address;
  readonly router: Address;
  /** Guards whose reveal agreed with the quorum; each gets an equal part of the guards' share. */
  readonly guards: readonly Address[];
  readonly oracle: Address;
  readonly treasury: Address;
}

/** Cumulative earnings by lower-cased account. */
export type Payouts = Map<Address, Wei>;

/** Adds one task's cost to the accounts that earned it. The sum over all accounts grows by exactly `task.cost`. */
export function addTask(payouts: Payouts, task: PaidTask): void {
  const part = (bps: bigint): Wei => (task.cost * bps) / 10_000n;
  const perGuard = task.guards.length === 0 ? 0n : part(SHARE_BPS.guards) / BigInt(task.guards.length);
  let rest = task.cost;
  const pay = (account: Address, amount: Wei): void => {
    if (amount === 0n) return;
    const key = account.toLowerCase() as Address;
    payouts.set(key, (payouts.get(key) ?? 0n) + amount);
    rest -= amount;
  };
  pay(task.router, part(SHARE_BPS.router));
  for (const guard of task.guards) pay(guard, perGuard);
  pay(task.oracle, part(SHARE_BPS.oracle));
  pay(task.treasury, part(SHARE_BPS.treasury));
  pay(task.miner, rest);
}

export function totalOf(payouts: Payouts): Wei {
  let total = 0n;
  for (const amount of payouts.values()) total += amount;
  return total;
}
