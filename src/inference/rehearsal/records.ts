import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelId } from '../../types/index.ts';
import { inferenceError } from '../errors.ts';
import type { WireError } from '../worker/protocol.ts';

/** What trying out gave: the model's id, or why its files do not run. */
export type RehearsalOutcome = { readonly id: ModelId } | { readonly failure: Omit<WireError, 'data' | 'cause'> };

/** A model that was tried out, and what tells that it is still the same files and the same loaders. */
export interface RehearsalRecord {
  readonly outcome: RehearsalOutcome;
  /** SHA-256 over the stamps of the folder's entries. */
  readonly stamps: string;
  /** Of this package. */
  readonly version: string;
}

/** Records on disk, one small file a folder: a daemon that starts again tries nothing out twice. Anything unreadable counts as absent. */
export class RehearsalRecords {
  readonly #dir: string;

  /** @param dir made when something is written to it */
  constructor(dir: string) {
    this.#dir = dir;
  }

  async read(folder: string): Promise<RehearsalRecord | undefined> {
    try {
      const { outcome, stamps, version } = JSON.parse(await readFile(this.#file(folder), 'utf8')) as RehearsalRecord;
      const known = 'id' in outcome ? /^0x[0-9a-f]{64}$/.test(outcome.id) : outcome.failure.code in inferenceError.definitions;
      return known ? { outcome, stamps: String(stamps), version: String(version) } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Best effort: without the record the model is tried out again. */
  async write(folder: string, record: RehearsalRecord): Promise<void> {
    const file = this.#file(folder);
    const written = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      await writeFile(written, `${JSON.stringify(record)}\n`, { mode: 0o600 });
      await rename(written, file);
    } catch {
      // A full or read-only disk.
    }
  }

  async forget(folder: string): Promise<void> {
    await rm(this.#file(folder), { force: true });
  }

  #file(folder: string): string {
    return path.join(this.#dir, `${createHash('sha256').update(folder).digest('hex')}.json`);
  }
}
