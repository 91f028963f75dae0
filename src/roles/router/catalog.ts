import { Grammars } from '../../inference/grammar/index.ts';
import { readManifest } from '../../inference/models.ts';
import { openTokenizer, type Tokenizer } from '../../inference/tokenizer.ts';
import type { ModelId } from '../../types/index.ts';

/** A model whose tokenizer this router has: it renders prompts and bills by its own count. */
export interface CatalogModel {
  readonly name: string;
  readonly id: ModelId;
  readonly contextTokens: number;
  readonly tokenizer: Tokenizer;
  readonly grammars: Pick<Grammars, 'check'>;
}

export interface Catalog {
  /** By name or by 32-byte id. */
  find(model: string): CatalogModel | undefined;
  all(): readonly CatalogModel[];
}

/** Opens the tokenizer of a folder that was tried out. @throws what `readManifest` and `openTokenizer` throw */
export async function openCatalogModel(dir: string, expectedId: ModelId | undefined): Promise<CatalogModel> {
  const [{ name, id, contextTokens }, tokenizer] = await Promise.all([readManifest(dir), openTokenizer(dir, expectedId)]);
  return { name, id, contextTokens, tokenizer, grammars: new Grammars(tokenizer) };
}

export function catalogOf(models: readonly CatalogModel[]): Catalog {
  const byKey = new Map<string, CatalogModel>();
  for (const model of models) byKey.set(model.name, model).set(model.id, model);
  return { find: (key) => byKey.get(key), all: () => models };
}
