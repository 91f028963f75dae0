/** Names of the graph's inputs and outputs; `count` rows, `length` new tokens, `keep` last positions that results are wanted for. */
export const IO = {
  /** int64 [count, length] */
  ids: 'input_ids',
  /** int32 [count]: tokens in the cache after this pass, minus one */
  lastIndex: 'seqlens_k',
  /** int32 scalar: the largest of them plus one */
  totalLength: 'total_sequence_length',
  /** int64 [1] */
  keep: 'keep',
  /** f32 [count, keep, vocab] */
  logits: 'logits',
  /** f32 [count, keep, hidden], after the final norm */
  hidden: 'hidden',
  /** f32 [count, kvHeads, context, headSize], in and out: the same memory */
  past: (layer: number, part: CachePart) => `past.${layer}.${part}`,
  present: (layer: number, part: CachePart) => `present.${layer}.${part}`,
} as const;
export const CACHE_PARTS = ['key', 'value'] as const;
export type CachePart = (typeof CACHE_PARTS)[number];
