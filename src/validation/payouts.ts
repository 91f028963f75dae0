import type { Address, SplitBps, Wei } from '../types/index.ts';

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
export function addTask(payouts: Payouts, task: PaidTask, split: SplitBps): void {
  const part = (bps: bigint): Wei => (task.cost * bps) / 10_000n;
  const perGuard = task.guards.length === 0 ? 0n : part(split.guards) / BigInt(task.guards.length);
  let rest = task.cost;
  const pay = (account: Address, amount: Wei): void => {
    if (amount === 0n) return;
    const key = account.toLowerCase() as Address;
    payouts.set(key, (payouts.get(key) ?? 0n) + amount);
    rest -= amount;
  };
  pay(task.router, part(split.router));
  for (const guard of task.guards) pay(guard, perGuard);
  pay(task.oracle, part(split.oracle));
  pay(task.treasury, part(split.treasury));
  pay(task.miner, rest);
}

export function totalOf(payouts: Payouts): Wei {
  let total = 0n;
  for (const amount of payouts.values()) total += amount;
  return total;
}
