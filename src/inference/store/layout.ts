import path from 'node:path';

/**
 * Where things lie below the store's folder:
 *
 * - `blobs/sha256-<hex>`: content, read-only, by its SHA-256; complete and checked, or not there;
 * - `leaves/sha256-<hex>`: SHA-256 of each 256 KiB of a blob, 32 bytes each: what its content id is made of; can be made again;
 * - `manifests/<name>.json`: which blobs make up a model (the truth; everything else can be made again);
 * - `views/<name>/…`: the model's files under their own names, hard links to blobs (symbolic links where the disk has none);
 * - `partial/<key>/`: a download under way, `data` and its `journal`;
 * - `locks/<key>`: held by the process that works on it, and by none that died.
 */
export interface StoreLayout {
  readonly root: string;
  readonly blobs: string;
  readonly leaves: string;
  readonly manifests: string;
  readonly views: string;
  readonly partial: string;
  readonly locks: string;
  blob(sha256: string): string;
  leavesOf(sha256: string): string;
  manifest(name: string): string;
  view(name: string): string;
}

export function storeLayout(root: string): StoreLayout {
  const below = (name: string): string => path.join(root, name);
  return {
    root,
    blobs: below('blobs'),
    leaves: below('leaves'),
    manifests: below('manifests'),
    views: below('views'),
    partial: below('partial'),
    locks: below('locks'),
    blob: (sha256) => path.join(root, 'blobs', `sha256-${sha256}`),
    leavesOf: (sha256) => path.join(root, 'leaves', `sha256-${sha256}`),
    manifest: (name) => path.join(root, 'manifests', `${name}.json`),
    view: (name) => path.join(root, 'views', name),
  };
}
