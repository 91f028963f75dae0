import { readFile, stat } from 'node:fs/promises';
import { writeDurable } from '../disk.ts';
import { hashFile } from '../hasher.ts';
import type { StoreLayout } from '../layout.ts';
import { leafCount } from './fileDag.ts';
import { DIGEST_BYTES } from './leaf.ts';

/** Keeps the digests of a blob's leaves; a blob of one leaf has its own name for that. @throws STORE_UNUSABLE, STORE_DISK_FULL */
export async function keepLeaves(layout: StoreLayout, sha256: string, leaves: Uint8Array): Promise<void> {
  const file = layout.leavesOf(sha256);
  if (leaves.length === DIGEST_BYTES || (await stat(file).catch(() => undefined))?.size === leaves.length) return;
  await writeDurable(file, leaves);
}

/** Digests of a blob's leaves, 32 bytes each; undefined when they are not kept. */
export async function readLeaves(layout: StoreLayout, sha256: string, size: number): Promise<Uint8Array | undefined> {
  if (leafCount(size) === 1) return Buffer.from(sha256, 'hex');
  const bytes = leafCount(size) * DIGEST_BYTES;
  const file = layout.leavesOf(sha256);
  if ((await stat(file).catch(() => undefined))?.size !== bytes) return undefined;
  return readFile(file);
}

/** The same, read from the blob when they are not kept. @throws STORE_UNUSABLE; the signal's reason */
export async function leavesOf(layout: StoreLayout, sha256: string, size: number, signal: AbortSignal): Promise<Uint8Array> {
  const kept = await readLeaves(layout, sha256, size);
  if (kept !== undefined) return kept;
  const { leaves } = await hashFile(layout.blob(sha256), size, signal);
  await keepLeaves(layout, sha256, leaves);
  return leaves;
}
