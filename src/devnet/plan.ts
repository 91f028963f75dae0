import { randomBytes } from 'node:crypto';
import type { LocalAccount } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { Role, Wei } from '../types/index.ts';

const COR = 10n ** 18n;

/** One process of the devnet. */
export interface NodePlan {
  readonly name: string;
  readonly role: Role;
  /** Holds the stake and receives; on a real node its key is elsewhere. */
  readonly owner: LocalAccount;
  readonly password: string;
  /** Config keys that differ from the common ones, dotted. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What people see next to the name. */
  readonly note: string;
}

export const STAKE: Readonly<Record<Role, Wei>> = { router: 1_000n * COR, miner: 1_000n * COR, guard: 5_000n * COR, oracle: 10_000n * COR };
/** What the demonstration's client has and locks. */
export const CLIENT_BALANCE: Wei = 1_000n * COR;
export const DEPOSIT: Wei = 10n * COR;
export const CHAIN_ID = 31_337;

const wei = (cor: number): string => (BigInt(Math.round(cor * 1e6)) * 10n ** 12n).toString();
/** COR per 1,000 tokens: prompt, completion. */
const USUAL = { 'miner.promptPrice': wei(0.1), 'miner.completionPrice': wei(0.2) };
const DEAR = { 'miner.promptPrice': wei(0.2), 'miner.completionPrice': wei(0.4) };
const CHEAP = { 'miner.promptPrice': wei(0.01), 'miner.completionPrice': wei(0.02) };
/** What the client pays at most; against the tampering miner it looks for a bargain that nobody honest offers. */
export const PRICE_MAX = { prompt: BigInt(wei(0.25)), completion: BigInt(wei(0.5)) };
export const BARGAIN_PRICE_MAX = { prompt: BigInt(wei(0.02)), completion: BigInt(wei(0.04)) };

/** Engines on one machine leave its cores to each other. */
const SHARED_MACHINE = { 'miner.threads': 1, 'guard.threads': 1 };

/** 1 router, 3 miners (one slower, one dearer), 3 guards, 1 oracle; with `badMiner` one that tampers and underbids. */
export function planNodes(badMiner: boolean): NodePlan[] {
  const node = (name: string, role: Role, note: string, settings: Record<string, unknown> = {}): NodePlan => ({
    name,
    role,
    note,
    settings: { ...SHARED_MACHINE, ...settings },
    owner: privateKeyToAccount(generatePrivateKey()),
    password: randomBytes(24).toString('base64url'),
  });
  return [
    node('router-1', 'router', 'OpenAI API'),
    node('miner-1', 'miner', 'usual', USUAL),
    node('miner-2', 'miner', 'slower', { ...USUAL, 'miner.paceMsPerToken': 25 }),
    node('miner-3', 'miner', 'dearer', DEAR),
    ...(badMiner ? [node('miner-x', 'miner', 'tampers with tokens', { ...CHEAP, 'miner.fault': 'tamper' })] : []),
    node('guard-1', 'guard', ''),
    node('guard-2', 'guard', ''),
    node('guard-3', 'guard', ''),
    node('oracle-1', 'oracle', ''),
  ];
}
