import type { CID } from 'multiformats/cid';

/** What one peer is asked for; digests are SHA-256 in lower-case hex. */
export type BlockRequest =
  /** dag-pb nodes, each a block. */
  | { readonly kind: 'nodes'; readonly digests: readonly string[] }
  /** Leaves of the file whose root has this digest, from `first` on, each a block. */
  | { readonly kind: 'leaves'; readonly file: string; readonly first: number; readonly count: number };

/** Bytes of a block in parts, as they came: joining them would be a copy. */
export type Block = readonly Uint8Array[];

export const blockLength = (block: Block): number => block.reduce((sum, { length }) => sum + length, 0);

/** An open line to one peer. Blocks come in the order of the requests; nothing of them is checked yet. */
export interface BlockLine {
  send(request: BlockRequest, signal: AbortSignal): Promise<void>;
  /** @throws STORE_BLOCK_MISSING when the peer has it not, STORE_REMOTE_BUSY, STORE_DOWNLOAD_FAILED */
  next(signal: AbortSignal): Promise<Block>;
  close(): void;
}

/** Other nodes, as the store sees them. */
export interface BlockPeers {
  /** Names peers that may hold this content, once each or more often; resolves when no more are found for now. */
  find(root: CID, onPeer: (peerId: string) => void, signal: AbortSignal): Promise<void>;
  /** @throws STORE_DOWNLOAD_FAILED */
  open(peerId: string, signal: AbortSignal): Promise<BlockLine>;
}

/** Where blocks come from: other nodes, or a file. */
export interface BlockSource {
  /** Has all jobs done; one call at a time. */
  run(jobs: readonly Job[], signal: AbortSignal): Promise<void>;
}

/** Part of the work that one peer does at a time. */
export interface Job {
  readonly request: BlockRequest;
  /** About so many; for rates. */
  readonly bytes: number;
  /** Takes the blocks of the answer in. It may be called again after a failure, with another peer's. @throws STORE_BLOCK_WRONG */
  receive(next: () => Promise<Block>): Promise<void>;
}
