import { storeError } from './errors.ts';

/** Beside weights: what an engine, a tokenizer or a reader needs. In the root of a repository only. */
const COMPANIONS: ReadonlySet<string> = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
  'card.md',
  'README.md',
]);
const LICENCE = /^(?:LICEN[CS]E|NOTICE|USE_POLICY)(?:\.(?:md|txt))?$/i;
/** Formats that run code when they are read, and archives of them. */
const PICKLE = /\.(?:bin|pt|pth|pkl|pickle|ckpt|joblib|dill|npy|npz|msgpack|h5|keras|pdparams|mar)$/i;
const ONNX_MAIN = /^(?:onnx\/)?(?:decoder_)?model(?:_merged)?(?:_([a-z0-9]+))?\.onnx$/;
const SHARD = /-\d{5}-of-\d{5}(?=\.[a-z]+$)/;

export const isPickle = (path: string): boolean => PICKLE.test(path);
const isCompanion = (path: string): boolean => COMPANIONS.has(path) || LICENCE.test(path);

/** A choice of weights. */
interface Variant {
  /** As `--variant` takes it: `safetensors`, `gguf:<quantisation or file name>`, `onnx`, `onnx:<suffix>`. */
  readonly name: string;
  readonly paths: readonly string[];
}

export interface Selection {
  readonly variant: string;
  readonly paths: readonly string[];
}

/**
 * Chooses the files of one variant, with configuration and tokenizer. Without a wish: safetensors; else the only GGUF or ONNX variant.
 *
 * @param wish `safetensors`, `gguf`, `gguf:Q4_K_M`, `onnx`, `onnx:q4` …, in any case
 * @throws STORE_VARIANT_UNKNOWN with the variants there are; STORE_PICKLE_REFUSED when there are only pickles
 */
export function selectFiles(paths: readonly string[], wish?: string): Selection {
  const variants = [...safetensors(paths), ...gguf(paths), ...onnx(paths)];
  const chosen = wish === undefined ? preferred(variants) : matching(variants, wish);
  const [only] = chosen;
  if (only !== undefined && chosen.length === 1) {
    const companions = paths.filter((path) => isCompanion(path) && !only.paths.includes(path));
    return { variant: only.name, paths: [...companions, ...only.paths] };
  }
  const pickles = paths.filter(isPickle);
  if (variants.length === 0 && pickles.length > 0) {
    const shown = pickles.slice(0, 3).join(', ');
    throw storeError('STORE_PICKLE_REFUSED', `the weights are pickles only (${shown}): reading them would run their code`, {
      files: shown,
    });
  }
  const names = variants.map(({ name }) => name);
  const there = names.length === 0 ? 'no weights that can be used' : names.slice(0, 40).join(', ');
  const why =
    wish === undefined
      ? chosen.length === 0
        ? 'nothing to choose'
        : 'several variants'
      : `no single variant ${JSON.stringify(wish.slice(0, 60))}`;
  throw storeError('STORE_VARIANT_UNKNOWN', `${why}; there are: ${there}`, { variants: there });
}

function preferred(variants: readonly Variant[]): readonly Variant[] {
  for (const kind of ['safetensors', 'gguf', 'onnx']) {
    const some = variants.filter(({ name }) => name === kind || name.startsWith(`${kind}:`));
    if (some.length > 0) return some;
  }
  return [];
}

function matching(variants: readonly Variant[], wish: string): readonly Variant[] {
  const wanted = wish.toLowerCase();
  const exact = variants.filter(({ name }) => name.toLowerCase() === wanted);
  return exact.length > 0 ? exact : variants.filter(({ name }) => name.toLowerCase().startsWith(`${wanted}:`));
}

/** One set in the root: `model.safetensors`, or the shards and their index; other sets (consolidated, adapters) only if there is no such. */
function safetensors(paths: readonly string[]): Variant[] {
  const all = paths.filter((path) => !path.includes('/') && path.endsWith('.safetensors'));
  if (all.length === 0) return [];
  const index = paths.filter((path) => path === 'model.safetensors.index.json');
  const shards = all.filter((path) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(path));
  if (shards.length > 0 && index.length > 0) return [{ name: 'safetensors', paths: [...index, ...shards] }];
  const single = all.filter((path) => path === 'model.safetensors');
  if (single.length > 0) return [{ name: 'safetensors', paths: single }];
  const indexes = paths.filter((path) => !path.includes('/') && path.endsWith('.safetensors.index.json'));
  return [{ name: 'safetensors', paths: [...indexes, ...all] }];
}

/** Each file, or set of shards, is a variant; named after its quantisation where the file name tells, else after the file. */
function gguf(paths: readonly string[]): Variant[] {
  const sets = Map.groupBy(
    paths.filter((path) => /\.gguf$/i.test(path) && !/(?:^|\/)mmproj/i.test(path)),
    (path) => path.replace(SHARD, ''),
  );
  const named = [...sets].map(([path, files]) => {
    const stem = (path.split('/').at(-1) ?? path).replace(/\.gguf$/i, '');
    const quant = /(?:^|[-._])((?:UD-)?(?:I?Q\d(?:_[A-Z0-9]+)*|T?F16|F32|BF16|MXFP4(?:_[A-Z0-9]+)*))$/i.exec(stem)?.[1];
    return { path, files, stem, quant: quant?.toUpperCase() };
  });
  return named.map(({ files, stem, quant }) => {
    const unique = quant !== undefined && named.filter((other) => other.quant === quant).length === 1;
    return { name: `gguf:${unique ? quant : stem}`, paths: [...files].sort() };
  });
}

/** `onnx/model.onnx` and `onnx/model_<suffix>.onnx`, each with its external data. */
function onnx(paths: readonly string[]): Variant[] {
  const mains = paths.filter((path) => ONNX_MAIN.test(path) || (!path.includes('/') && path.endsWith('.onnx')));
  const names = new Map<string, Variant>();
  for (const main of mains) {
    const suffix = ONNX_MAIN.exec(main)?.[1] ?? (ONNX_MAIN.test(main) ? undefined : main.replace(/\.onnx$/, ''));
    const data = paths.filter((path) => path === `${main}.data` || new RegExp(`^${quoted(main)}_data(?:_\\d+)?$`).test(path));
    const name = suffix === undefined ? 'onnx:fp32' : `onnx:${suffix}`;
    const taken = names.has(name) ? `onnx:${main.replace(/\.onnx$/, '')}` : name;
    names.set(taken, { name: taken, paths: [main, ...data] });
  }
  return [...names.values()];
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
