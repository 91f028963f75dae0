import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { ModelId } from '../../types/index.ts';
import { toCoded } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import { folderStamps } from '../modelFiles.ts';
import { DEFAULT_MODEL_DIR, PACKAGE_VERSION } from '../models.ts';
import { fromWire } from '../worker/wireError.ts';
import { liesInFiles } from './failures.ts';
import { type RehearsalLimits, rehearsalLimits } from './limits.ts';
import { rehearseInProcess } from './process.ts';
import type { RehearsalOptions } from './protocol.ts';
import { type RehearsalOutcome, type RehearsalRecord, RehearsalRecords } from './records.ts';

export interface RehearsalsInit {
  /** Where it is noted what was tried out; in memory only when absent. */
  readonly recordsDir?: string;
  readonly options?: Partial<RehearsalOptions>;
  readonly limits?: (bytes: number) => RehearsalLimits;
  readonly logger?: Logger | undefined;
}

/** Folders remembered in memory. */
const FOLDERS_MAX = 256;

/**
 * Tries every model folder out, once, before this process touches its contents: whatever its files do to the loaders, they do it to a process
 * that nobody needs (docs/inference.md#hostile-files). The model that comes with the package is part of the program and is not tried out.
 */
export class Rehearsals {
  readonly #options: RehearsalOptions;
  readonly #limits: (bytes: number) => RehearsalLimits;
  readonly #records: RehearsalRecords | undefined;
  readonly #logger: Logger | undefined;
  readonly #known = new Map<string, RehearsalRecord>();
  readonly #running = new Map<string, { readonly work: Promise<ModelId>; readonly signal: AbortSignal }>();
  /** One after another: memory is for one. */
  #last: Promise<unknown> = Promise.resolve();

  constructor({ recordsDir, options, limits = rehearsalLimits, logger }: RehearsalsInit = {}) {
    this.#options = { backend: 'auto', contextTokensMax: 4_096, quantisation: 'auto', ...options };
    this.#limits = limits;
    this.#records = recordsDir === undefined ? undefined : new RehearsalRecords(recordsDir);
    this.#logger = logger;
  }

  /**
   * @returns the id that a load must find, so that what is loaded is what was tried out; undefined for the package's own model
   * @throws what loading throws, now or, while the files are the same, when they were tried out; MODEL_REHEARSAL_CRASHED, MODEL_REHEARSAL_TIMEOUT, MODEL_REHEARSAL_MEMORY; the signal's reason
   */
  async check(dir: string, signal: AbortSignal): Promise<ModelId | undefined> {
    const folder = await realpath(dir).catch((error: unknown) => {
      throw inferenceError('MODEL_NOT_FOUND', `no model folder at ${dir}`, { dir }, error);
    });
    if (folder === (await realpath(DEFAULT_MODEL_DIR))) return undefined;
    const stamps = stampsOf(await folderStamps(folder));
    const known = await this.#recordOf(folder, stamps);
    if (known !== undefined) {
      this.#remember(folder, known);
      return idOf(known.outcome);
    }
    const key = `${folder} ${stamps}`;
    const running = this.#running.get(key);
    if (running === undefined) return this.#start(key, folder, stamps, signal);
    return running.work.catch((error: unknown) => {
      // Whoever began it gave up; others still want to know.
      if (!running.signal.aborted) throw error;
      signal.throwIfAborted();
      return this.check(dir, signal);
    });
  }

  /** What is remembered of a folder whose files are the same as then; tries nothing out. */
  async known(dir: string): Promise<RehearsalOutcome | undefined> {
    const folder = await realpath(dir).catch(() => dir);
    const stamps = await folderStamps(folder).then(stampsOf, () => '');
    return (await this.#recordOf(folder, stamps))?.outcome;
  }

  /** The folder is tried out again when it is next used. */
  async forget(dir: string): Promise<void> {
    const folder = await realpath(dir).catch(() => dir);
    this.#known.delete(folder);
    await this.#records?.forget(folder);
  }

  async #recordOf(folder: string, stamps: string): Promise<RehearsalRecord | undefined> {
    const record = this.#known.get(folder) ?? (await this.#records?.read(folder));
    return record?.stamps === stamps && record.version === PACKAGE_VERSION ? record : undefined;
  }

  #start(key: string, folder: string, stamps: string, signal: AbortSignal): Promise<ModelId> {
    const work = this.#last.then(() => this.#rehearse(folder, stamps, signal)).finally(() => this.#running.delete(key));
    this.#running.set(key, { work, signal });
    this.#last = work.catch(() => {});
    return work;
  }

  async #rehearse(folder: string, stamps: string, signal: AbortSignal): Promise<ModelId> {
    const bytes = (await folderStamps(folder)).reduce((sum, { bytes: size }) => sum + size, 0);
    this.#logger?.info({ dir: folder, bytes }, 'trying a model out');
    try {
      const id = await rehearseInProcess({ dir: folder, options: this.#options }, this.#limits(bytes), signal);
      await this.#note(folder, { outcome: { id }, stamps, version: PACKAGE_VERSION });
      return id;
    } catch (error) {
      const coded = toCoded(error);
      const failure = { code: coded.code, message: coded.message };
      if (liesInFiles(coded)) await this.#note(folder, { outcome: { failure }, stamps, version: PACKAGE_VERSION });
      throw error;
    }
  }

  async #note(folder: string, record: RehearsalRecord): Promise<void> {
    this.#remember(folder, record);
    await this.#records?.write(folder, record);
  }

  #remember(folder: string, record: RehearsalRecord): void {
    this.#known.delete(folder);
    this.#known.set(folder, record);
    const [oldest] = this.#known.keys();
    if (this.#known.size > FOLDERS_MAX && oldest !== undefined) this.#known.delete(oldest);
  }
}

const stampsOf = (files: Awaited<ReturnType<typeof folderStamps>>): string =>
  createHash('sha256').update(JSON.stringify(files)).digest('hex');

/** @throws the failure that is remembered, which says so */
function idOf(outcome: RehearsalOutcome): ModelId {
  if ('id' in outcome) return outcome.id;
  const { code, message } = outcome.failure;
  const again = 'remembered from an earlier try; a changed file, or `cortensord model verify` of a model in the store, brings a new one';
  throw fromWire({ code, message: `${message} (${again})`, data: {}, cause: undefined });
}

/** For engines that are given none: what one of them tried out, the others need not. */
export const sharedRehearsals = new Rehearsals();
