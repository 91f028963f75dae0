/** What a model gives: tokens one after another, a vector for a text, chances of labels for a text, or tensors for tensors. */
export type ModelKind = 'decoder' | 'encoder' | 'classifier' | 'tensor';

/** By the name of the architecture, as Hugging Face names them; a folder with a signature.json is 'tensor'. */
export function kindOf(architecture: string): ModelKind {
  if (/(ForCausalLM|LMHeadModel)$/.test(architecture)) return 'decoder';
  if (/ForSequenceClassification$/.test(architecture)) return 'classifier';
  if (/(Model|ForMaskedLM)$/.test(architecture)) return 'encoder';
  return 'decoder';
}
