/** Tokens of the specials that lead every vocabulary here; they stay as they are. */
const SPECIALS = 3;

/**
 * Misbehaviour for demonstrations (devnet only): every fourth token becomes its neighbour in the vocabulary, and the receipt
 * commits to the result. Signatures and counts are in order; only a replay finds it.
 */
export function tamper(index: number, tokenId: number): number {
  return index % 4 === 1 && tokenId > SPECIALS ? tokenId - 1 : tokenId;
}
