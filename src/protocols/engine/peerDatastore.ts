import { LevelDatastore } from 'datastore-level';
import type { Logger } from 'pino';
import { BoundedMap } from '../../util/boundedMap.ts';

type Key = Parameters<LevelDatastore['get']>[0];

const PEERS_PREFIX = '/peers/';
const PEERS_CACHED_MAX = 1_024;
/** A crash loses what libp2p learned of peers in this time: they are found again. */
const WRITE_DELAY_MS = 1_000;
const UNWRITTEN_MAX = 256;

/**
 * LevelDB with the peer records in memory in front of it. libp2p reads and writes the record of a peer for every stream, on both
 * sides and before the first byte: on disk, that is four turns through the thread pool between a prompt and its miner.
 */
export class PeerDatastore extends LevelDatastore {
  readonly #log: Logger;
  readonly #known = new BoundedMap<string, Uint8Array>(PEERS_CACHED_MAX);
  readonly #unwritten = new Map<string, { readonly key: Key; readonly value: Uint8Array }>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: string, log: Logger) {
    super(directory);
    this.#log = log;
  }

  override async get(...[key, options]: Parameters<LevelDatastore['get']>): Promise<Uint8Array> {
    const name = key.toString();
    const known = this.#unwritten.get(name)?.value ?? this.#known.get(name);
    if (known !== undefined) return known;
    const value = await super.get(key, options);
    if (name.startsWith(PEERS_PREFIX)) this.#known.set(name, value);
    return value;
  }

  override async has(...[key, options]: Parameters<LevelDatastore['has']>): Promise<boolean> {
    const name = key.toString();
    return this.#unwritten.has(name) || this.#known.has(name) || super.has(key, options);
  }

  override async put(...[key, value, options]: Parameters<LevelDatastore['put']>): Promise<Key> {
    const name = key.toString();
    if (!name.startsWith(PEERS_PREFIX)) return super.put(key, value, options);
    this.#known.set(name, value);
    this.#unwritten.set(name, { key, value });
    if (this.#unwritten.size >= UNWRITTEN_MAX) await this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), WRITE_DELAY_MS).unref();
    return key;
  }

  override async delete(...[key, options]: Parameters<LevelDatastore['delete']>): Promise<void> {
    await this.#flush();
    this.#known.delete(key.toString());
    await super.delete(key, options);
  }

  override query(...[query, options]: Parameters<LevelDatastore['query']>): ReturnType<LevelDatastore['query']> {
    return this.#afterFlush(() => super.query(query, options));
  }

  override queryKeys(...[query, options]: Parameters<LevelDatastore['queryKeys']>): ReturnType<LevelDatastore['queryKeys']> {
    return this.#afterFlush(() => super.queryKeys(query, options));
  }

  override async close(): Promise<void> {
    await this.#flush();
    await super.close();
  }

  async *#afterFlush<T>(read: () => AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    await this.#flush();
    yield* read();
  }

  /** One batch at a time, in the order of the writes. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(async () => {
      if (this.#unwritten.size === 0) return;
      const batch = this.batch();
      for (const { key, value } of this.#unwritten.values()) batch.put(key, value);
      this.#unwritten.clear();
      try {
        await batch.commit();
      } catch (error) {
        this.#log.warn({ err: error }, 'peers were not written to disk');
      }
    });
    return this.#writing;
  }
}
