import type { StoreManifest } from './manifest.ts';

/** What a pull, an import or a verification tells while it runs. Bytes never go back within one of them. */
export type StoreEvent =
  /** Another process works on the same; we wait for it. */
  | { readonly type: 'waiting'; readonly what: string }
  /** What will be there at the end, and how much of it the store has already. */
  | {
      readonly type: 'plan';
      readonly name: string;
      readonly files: number;
      readonly bytesTotal: number | undefined;
      readonly bytesHere: number;
    }
  | StoreProgress
  | {
      readonly type: 'retry';
      readonly path: string;
      readonly code: string;
      readonly message: string;
      readonly attempt: number;
      readonly waitMs: number;
    }
  /** A node that has the content: it joined, failed (it may come back), or sent wrong bytes and is not asked again. */
  | { readonly type: 'peer'; readonly peerId: string; readonly what: 'joined' | 'failed' | 'lied'; readonly message?: string }
  /** The file is complete and checked. */
  | { readonly type: 'file'; readonly path: string; readonly size: number; readonly sha256: string };

export interface StoreProgress {
  readonly type: 'progress';
  readonly bytesDone: number;
  /** Undefined while the size of a file is not known. */
  readonly bytesTotal: number | undefined;
  /** Over the last seconds; what was there before does not count. */
  readonly bytesPerSecond: number;
  /** Undefined while the rate is not known. */
  readonly etaMs: number | undefined;
}

export type StoreEvents = AsyncGenerator<StoreEvent, StoreManifest, void>;
