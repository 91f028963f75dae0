import type { TokenPrice } from '../../types/index.ts';

/** Settings of a miner (docs/config.md#miner). */
export interface MinerOptions {
  /** What it asks for each model, COR wei per 1,000 tokens. */
  readonly price: TokenPrice;
  readonly slots: number;
  readonly queueMax: number;
  readonly evidenceTtlMs: number;
  /** How long to wait for the voucher after the receipt. */
  readonly voucherTimeoutMs: number;
  /** A result without a verdict is announced again after this long. */
  readonly republishMs: number;
  /** Misbehaviour for demonstrations; never outside a devnet. */
  readonly fault: 'none' | 'tamper';
}
