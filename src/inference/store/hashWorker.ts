/** Thread of {@link FileHasher}: digests of the first bytes of a file, as far as it is told that they are there. */
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ContentHash } from './content/contentHash.ts';
import type { FromHashWorker, ToHashWorker } from './hasher.ts';

const BLOCK_BYTES = 1 << 20;

const { path, leaves } = workerData as { readonly path: string; readonly leaves: boolean };
const file = openSync(path, 'r');
const hash = new ContentHash(leaves);
const block = Buffer.allocUnsafe(BLOCK_BYTES);
let at = 0;

parentPort?.on('message', ({ upTo, last }: ToHashWorker) => {
  while (at < upTo) {
    const bytes = readSync(file, block, 0, Math.min(BLOCK_BYTES, upTo - at), at);
    if (bytes === 0) throw new Error(`the file ends at ${at}, not at ${upTo}`);
    hash.update(block.subarray(0, bytes));
    at += bytes;
  }
  const reply: FromHashWorker = { at, ...(last ? { digests: hash.finish() } : {}) };
  parentPort?.postMessage(reply);
  if (!last) return;
  closeSync(file);
  parentPort?.close();
});
