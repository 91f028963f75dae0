#!/usr/bin/env node
// node scripts/gas.ts [--check]: runs contracts/test/gas and writes what each transaction costs to contracts/snapshots; --check
// changes nothing and fails where a cost differs. docs/contracts/gas.md and `npm run bench -- gas` count with these numbers.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foundryBinary } from './foundry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
export const SNAPSHOTS = join(root, 'contracts/snapshots');

/** Gas by `group.name`, as the tests in contracts/test/gas name what they record. */
export type GasTable = Readonly<Record<string, number>>;

/** @param dir as Foundry writes it: `<group>.json` files of decimal strings by name */
export function readGas(dir: string): GasTable {
  const table: Record<string, number> = {};
  for (const file of readdirSync(dir).sort()) {
    const group: Record<string, string> = JSON.parse(readFileSync(join(dir, file), 'utf8'));
    for (const [name, gas] of Object.entries(group)) table[`${file.replace('.json', '')}.${name}`] = Number(gas);
  }
  return table;
}

/** Runs the gas tests. @throws when one fails, when none ran, or, to check, when a cost is not that of `dir` */
export function measureGas(dir: string, check: boolean): number {
  const args = ['--match-path', 'contracts/test/gas/*', '--gas-snapshot-check', `${check}`, '--gas-snapshot-emit', `${!check}`];
  // without --junit, with which Foundry leaves snapshots alone
  const run = spawnSync(foundryBinary('forge'), ['test', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, FOUNDRY_SNAPSHOTS: dir },
    maxBuffer: 64 << 20,
  });
  const passed = Number(/: (\d+) tests passed, 0 failed/.exec(run.stdout)?.[1] ?? 0);
  if (run.status !== 0 || passed === 0) throw new Error(`gas tests: ${run.stdout.slice(-4000)}${run.stderr}`);
  return passed;
}

/** What an epoch is assumed to hold. Accounts claim, and operators prove their rank, once in `claimEpochs`. */
export interface EpochLoad {
  readonly sessions: number;
  readonly tasksPerSession: number;
  readonly accounts: number;
  readonly claimEpochs: number;
}

export interface TaskGas {
  readonly escrow: number;
  readonly attestation: number;
  readonly payout: number;
  readonly ranking: number;
  readonly total: number;
}

const VOUCHERS = 512;

export function cost(gas: GasTable, name: string): number {
  const value = gas[name];
  if (value === undefined) throw new Error(`no gas test recorded ${name}; run: node scripts/gas.ts`);
  return value;
}

/** What a voucher adds to a settlement, its calldata included. */
export function voucherGas(gas: GasTable, which: 'first_time' | 'again'): number {
  return (cost(gas, `settlement.settle_512_vouchers_${which}`) - cost(gas, 'settlement.settle_no_vouchers')) / VOUCHERS;
}

/** Gas per task, whole transactions. */
export function taskGas(gas: GasTable, { sessions, tasksPerSession, accounts, claimEpochs }: EpochLoad): TaskGas {
  const tasks = sessions * tasksPerSession;
  const escrow = voucherGas(gas, 'again') / tasksPerSession;
  const attestation = cost(gas, 'settlement.settle_no_vouchers') / tasks;
  const payout = (accounts * cost(gas, 'settlement.claim_again')) / claimEpochs / tasks;
  const ranking = (cost(gas, 'ranking.post') + (accounts * cost(gas, 'ranking.prove')) / claimEpochs) / tasks;
  return { escrow, attestation, payout, ranking, total: escrow + attestation + payout + ranking };
}

/** As many sessions as one transaction can charge (2^24 gas, EIP-7825), rounded down. */
export const FULL_EPOCH = { sessions: 512, accounts: 20, claimEpochs: 24 };

/** What one task costs where each is voted on and settled by itself. */
export function baselineGas(gas: GasTable): number {
  return cost(gas, 'baseline.settle_one_task') + cost(gas, 'baseline.commit_reveal_of_three_guards');
}

export interface GasMetric {
  readonly name: string;
  readonly meaning: string;
  readonly value: number;
  readonly limit?: number;
}

const INTRINSIC = 21_000;

/** What has a limit, and beside it what the same costs the first time. */
export function gasMetrics(gas: GasTable): readonly GasMetric[] {
  const task = (tasksPerSession: number, sessions = FULL_EPOCH.sessions): number =>
    taskGas(gas, { ...FULL_EPOCH, sessions, tasksPerSession }).total;
  const own = (name: string): number => cost(gas, name) - INTRINSIC - cost(gas, 'settlement.claim_calldata');
  const each = (name: string): number => cost(gas, `sessions.redeem_50_${name}`) / 50;
  return [
    {
      name: 'attestation_per_task_at_10000_tasks',
      meaning: 'attestation of an epoch of 10,000 tasks, per task',
      value: cost(gas, 'settlement.settle_no_vouchers') / 10_000,
      limit: 25,
    },
    { name: 'task_at_100_per_voucher', meaning: 'everything for a task, 100 tasks per voucher, full epoch', value: task(100), limit: 300 },
    {
      name: 'task_at_1000_per_voucher',
      meaning: 'everything for a task, 1,000 tasks per voucher, full epoch',
      value: task(1000),
      limit: 50,
    },
    { name: 'task_at_100_per_voucher_100_sessions', meaning: 'the same, 100 tasks per voucher, 100 sessions', value: task(100, 100) },
    { name: 'task_at_1000_per_voucher_100_sessions', meaning: 'the same, 1,000 tasks per voucher, 100 sessions', value: task(1000, 100) },
    { name: 'session_open', meaning: 'session open, a client’s first', value: cost(gas, 'sessions.open'), limit: 140_000 },
    { name: 'voucher_redeem_each_of_50', meaning: 'voucher redeem, each of 50', value: each('again'), limit: 26_000 },
    {
      name: 'voucher_redeem_each_of_50_first_time',
      meaning: 'voucher redeem, each of 50, first of (session, payee)',
      value: each('first_time'),
    },
    { name: 'claim', meaning: 'claim, what the contracts execute', value: own('settlement.claim_again'), limit: 60_000 },
    {
      name: 'claim_first_time',
      meaning: 'claim, what the contracts execute, an account’s first',
      value: own('settlement.claim_first_time'),
    },
    { name: 'claim_transaction', meaning: 'claim, whole transaction', value: cost(gas, 'settlement.claim_again') },
    {
      name: 'claim_transaction_first_time',
      meaning: 'claim, whole transaction, an account’s first',
      value: cost(gas, 'settlement.claim_first_time'),
    },
    { name: 'settle_each_task', meaning: 'one task with commit and reveal of three guards, settled by itself', value: baselineGas(gas) },
  ];
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  console.log(`gas: ${measureGas(SNAPSHOTS, check)} passed, 0 failed`);
}
