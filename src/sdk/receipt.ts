import { type Receipt, type SigningContracts, verifyStatement } from '../crypto/eip712.ts';
import { billOf, type Hex, type Wei } from '../types/index.ts';
import { isCoded } from '../util/errors.ts';

export interface ReceiptCheck {
  /** The miner named in the receipt signed it for this deployment. */
  readonly signed: boolean;
  /** What it bills by its own prices and counts, wei. */
  readonly cost: Wei;
}

/** A receipt as REST and JSON-RPC give it: prices as decimal strings. In memory they are bigints. */
export interface ReceiptJson {
  readonly receipt: Omit<Receipt, 'promptPrice' | 'completionPrice'> & {
    readonly promptPrice: string | bigint;
    readonly completionPrice: string | bigint;
  };
  readonly signature: Hex;
}

/** Checks a receipt offline: who signed it, and what it bills. Compare its counts with the text by the model's tokenizer. */
export function verifyReceipt(contracts: SigningContracts, signed: ReceiptJson): ReceiptCheck {
  const { signature } = signed;
  const receipt: Receipt = {
    ...signed.receipt,
    promptPrice: BigInt(signed.receipt.promptPrice),
    completionPrice: BigInt(signed.receipt.completionPrice),
  };
  const cost = billOf(receipt);
  try {
    verifyStatement('Receipt', contracts, receipt, signature, receipt.miner);
    return { signed: true, cost };
  } catch (error) {
    if (isCoded(error)) return { signed: false, cost };
    throw error;
  }
}
