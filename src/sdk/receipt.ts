import { type SignedReceipt, type SigningContracts, verifyStatement } from '../crypto/eip712.ts';
import { billOf, type Wei } from '../types/index.ts';
import { isCoded } from '../util/errors.ts';

export interface ReceiptCheck {
  /** The miner named in the receipt signed it for this deployment. */
  readonly signed: boolean;
  /** What it bills by its own prices and counts, wei. */
  readonly cost: Wei;
}

/** Checks a receipt offline: who signed it, and what it bills. Compare its counts with the text by the model's tokenizer. */
export function verifyReceipt(contracts: SigningContracts, { receipt, signature }: SignedReceipt): ReceiptCheck {
  const cost = billOf(receipt);
  try {
    verifyStatement('Receipt', contracts, receipt, signature, receipt.miner);
    return { signed: true, cost };
  } catch (error) {
    if (isCoded(error)) return { signed: false, cost };
    throw error;
  }
}
