/** Branded ids and units (no I/O, no environment). A brand exists at compile time only. */
export type Brand<T, B extends string> = T & { readonly __brand: B };

export type Hex = `0x${string}`;
/** EVM account, 20 bytes. Compare lower-cased. */
export type Address = Hex;
/** 32 bytes: keccak256 over the offer's fields; one prompt, one task. */
export type TaskId = Brand<Hex, 'TaskId'>;
/** 32 bytes: given by SessionManager when the session opens. */
export type SessionId = Brand<Hex, 'SessionId'>;
/** 32 bytes: digest over a model's weights, config and tokenizer (inference/models). What stands on chain and on the wire. */
export type ModelId = Brand<Hex, 'ModelId'>;
/** 32 bytes: keccak256(abi.encode(chainId, registry)): separates networks on the wire. */
export type NetworkId = Brand<Hex, 'NetworkId'>;

/** Smallest unit of COR (1 COR = 10^18). */
export type Wei = bigint;

export const ROLES = ['router', 'miner', 'guard', 'oracle'] as const;
export type Role = (typeof ROLES)[number];
/** Bit of each role in NodeRecord.roles and NodeRegistry. */
export const ROLE_BIT = { router: 1, miner: 2, guard: 4, oracle: 8 } as const satisfies Record<Role, number>;

export function rolesToBits(roles: Iterable<Role>): number {
  let bits = 0;
  for (const role of roles) bits |= ROLE_BIT[role];
  return bits;
}

export function bitsToRoles(bits: number): Role[] {
  return ROLES.filter((role) => (bits & ROLE_BIT[role]) !== 0);
}

/**
 * How tokens are chosen. All numbers are fixed-point integers, so that every language commits to the same bytes.
 * Hash and wire form: docs/protocols/infer.md.
 */
export interface Sampling {
  /** Temperature in thousandths; 0 is greedy. */
  readonly temperatureMilli: number;
  /** Nucleus mass in millionths; 1_000_000 keeps all. */
  readonly topPPpm: number;
  /** Candidates kept; 0 keeps all. */
  readonly topK: number;
  /** Least probability of a candidate, in millionths of the most probable one's; 0 keeps all. */
  readonly minPPpm: number;
  /** Taken off the logits of tokens that the answer has already, in thousandths; negative ones favour them. */
  readonly presenceMilli: number;
  /** The same for each time that the answer has them. */
  readonly frequencyMilli: number;
  /** Divides positive and multiplies negative logits of tokens that the prompt or the answer has, in thousandths; 1,000 does nothing. */
  readonly repetitionMilli: number;
  /** Added to logits; by rising token, each once. */
  readonly logitBias: readonly LogitBias[];
  /** What the answer must be, as docs/inference.md#constrained-output writes it; '' asks for nothing. */
  readonly grammar: string;
  /** 32 bytes: public seed of the per-position Gumbel noise. */
  readonly seed: Hex;
}

export interface LogitBias {
  readonly token: number;
  /** Thousandths. */
  readonly biasMilli: number;
}

export const GREEDY: Sampling = {
  temperatureMilli: 0,
  topPPpm: 1_000_000,
  topK: 0,
  minPPpm: 0,
  presenceMilli: 0,
  frequencyMilli: 0,
  repetitionMilli: 1_000,
  logitBias: [],
  grammar: '',
  seed: `0x${'00'.repeat(32)}`,
};

/** COR wei per 1,000 tokens. */
export interface TokenPrice {
  readonly prompt: Wei;
  readonly completion: Wei;
}

/** What a task costs: each part is rounded up to a whole wei, so that no split of work is cheaper than the whole. */
export function costOf(price: TokenPrice, promptTokens: number, completionTokens: number): Wei {
  const part = (perThousand: Wei, tokens: number): Wei => (perThousand * BigInt(tokens) + 999n) / 1000n;
  return part(price.prompt, promptTokens) + part(price.completion, completionTokens);
}

export type FinishReason = 'stop' | 'length' | 'cancelled';
export type Verdict = 'VALID' | 'INVALID' | 'UNAVAILABLE';
export const VERDICT_CODE = { VALID: 1, INVALID: 2, UNAVAILABLE: 3 } as const satisfies Record<Verdict, number>;

/** What a receipt or an assignment bills: its own prices and counts. */
export function billOf(bill: {
  readonly promptPrice: Wei;
  readonly completionPrice: Wei;
  readonly promptTokens: number;
  readonly completionTokens: number;
}): Wei {
  return costOf({ prompt: bill.promptPrice, completion: bill.completionPrice }, bill.promptTokens, bill.completionTokens);
}

/** Shares of a task's cost in basis points, as they hold in its epoch (Settlement). The rest, rounding included, is the miner's. */
export interface SplitBps {
  readonly router: bigint;
  readonly guards: bigint;
  readonly oracle: bigint;
  readonly treasury: bigint;
}
