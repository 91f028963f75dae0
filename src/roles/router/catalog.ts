import { Grammars } from '../../inference/grammar/index.ts';
import { readManifest } from '../../inference/models.ts';
import type { Rehearsals } from '../../inference/rehearsal/index.ts';
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

/** Opens models that were tried out. @throws what `Rehearsals.check`, `readManifest` and `openTokenizer` throw */
export async function openCatalog(modelDirs: readonly string[], rehearsals: Rehearsals, signal: AbortSignal): Promise<Catalog> {
  const models = await Promise.all(
    modelDirs.map(async (dir): Promise<CatalogModel> => {
      const expectedId = await rehearsals.check(dir, signal);
      const [manifest, tokenizer] = await Promise.all([readManifest(dir), openTokenizer(dir, expectedId)]);
      return { name: manifest.name, id: manifest.id, contextTokens: manifest.contextTokens, tokenizer, grammars: new Grammars(tokenizer) };
    }),
  );
  const byKey = new Map<string, CatalogModel>();
  for (const model of models) byKey.set(model.name, model).set(model.id, model);
  return { find: (key) => byKey.get(key), all: () => models };
}
