import { z } from 'zod';
import { storeError } from './errors.ts';
import { parseModelName } from './names.ts';
import { checkTogether, parseListedPath } from './paths.ts';

export const MODEL_FILES_MAX = 1_000;
/** One file: above the largest single weight file that is published, and a bound for a server that lies. */
export const FILE_BYTES_MAX = 1_024 * 1_024 * 1_024 * 1_024;
export const MANIFEST_BYTES_MAX = 4 << 20;
const FORMAT = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const text = (max: number) => z.string().max(max);

const source = z.discriminatedUnion('kind', [
  /** `revision` is what was asked for, `commit` what it was then. */
  z.strictObject({ kind: z.literal('hub'), endpoint: text(512), repo: text(200), revision: text(256), commit: text(64).optional() }),
  /** Without query and fragment, which may hold a signature. */
  z.strictObject({ kind: z.literal('url'), url: text(4_096) }),
  z.strictObject({ kind: z.literal('local'), path: text(4_096) }),
  z.strictObject({ kind: z.literal('peers'), cid: text(100) }),
]);

const file = z.strictObject({ path: text(512), size: z.number().int().min(0).max(FILE_BYTES_MAX), sha256, cid: text(100).optional() });

const manifest = z.strictObject({
  format: z.literal(FORMAT),
  name: z.string(),
  source,
  /** What was chosen, e.g. `safetensors` or `gguf:Q4_K_M`. */
  variant: text(120).optional(),
  files: z.array(file).min(1).max(MODEL_FILES_MAX),
  /** Content id: the UnixFS folder of the files (docs/models.md). Models of older stores get one when they are verified. */
  cid: text(100).optional(),
  /** Whether other nodes may have it; not if absent. */
  shared: z.boolean().optional(),
  /** Sum of the sizes, bytes. */
  total: z.number().int().min(0),
  /** Wall clock, ISO 8601. */
  pulledAt: z.iso.datetime(),
  /** As the publisher names it, usually an SPDX id in lower case. */
  license: text(100).optional(),
});

/** What the store knows of one model: `manifests/<name>.json`. */
export type StoreManifest = Readonly<Omit<z.output<typeof manifest>, 'files'>> & { readonly files: readonly StoredFile[] };
export type StoredFile = Readonly<z.output<typeof file>>;
export type StoredSource = Readonly<z.output<typeof source>>;

/**
 * Reads a manifest; nothing in it is trusted: paths are checked as those of a listing are.
 *
 * @throws STORE_MANIFEST_INVALID
 */
export function parseManifest(json: string, name: string): StoreManifest {
  const broken = (why: string, cause?: unknown): never => {
    throw storeError('STORE_MANIFEST_INVALID', `the manifest of ${name} ${why}`, { name }, cause);
  };
  if (Buffer.byteLength(json) > MANIFEST_BYTES_MAX) broken(`is longer than ${MANIFEST_BYTES_MAX} bytes`);
  let parsed: StoreManifest;
  try {
    parsed = manifest.parse(JSON.parse(json));
    parseModelName(parsed.name);
    checkTogether(parsed.files.map(({ path }) => parseListedPath(path)));
  } catch (error) {
    return broken('cannot be understood', error);
  }
  if (parsed.name !== name) broken(`is that of ${parsed.name}`);
  if (parsed.total !== totalBytes(parsed.files)) broken('has a wrong total');
  return parsed;
}

export function writeManifest(model: Omit<StoreManifest, 'format' | 'total'>): string {
  const { name, source, variant, cid, shared, files, pulledAt, license } = model;
  const ordered = { format: FORMAT, name, cid, source, variant, license, shared, pulledAt, total: totalBytes(files), files };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

export const totalBytes = (files: readonly { readonly size: number }[]): number => files.reduce((sum, { size }) => sum + size, 0);
