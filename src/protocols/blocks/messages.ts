/** Stream `/cortensor/blocks/1`: blocks of models that a node shares. docs/protocols/blocks.md */
import { message, repeated, type Static, union } from '../codec/message.ts';
import { byteParts, withParts } from '../codec/parts.ts';
import { u32 } from '../codec/types.ts';
import { hash32 } from '../signed/messages.ts';
import { WireErrorMessage } from '../signed/wireError.ts';

export const BLOCK_NODES_MAX = 32;
export const BLOCK_LEAVES_MAX = 64;
/** The largest block there is: a folder whose names and CIDs take 256 KiB, with its framing. */
export const BLOCK_BYTES_MAX = 320 * 1024;

export const BlockNodesMessage = message('BlockNodes', 2_048, {
  /** SHA-256 of dag-pb blocks: nodes of files, folders. */
  digests: [1, repeated(hash32, BLOCK_NODES_MAX)],
});

export const BlockLeavesMessage = message('BlockLeaves', 64, {
  /** SHA-256 of the block at the root of a file. */
  file: [1, hash32],
  /** The first leaf; a leaf is 256 KiB of the file. */
  first: [2, u32],
  /** At most 64. */
  count: [3, u32],
});

export const BlocksUpMessage = union('BlocksUp', 2_064, { nodes: [1, BlockNodesMessage], leaves: [2, BlockLeavesMessage] });
export type BlocksUp = Static<typeof BlocksUpMessage>;

/** A block; its bytes in one part or more. */
export const BlockMessage = message('Block', BLOCK_BYTES_MAX + 16, { data: [1, byteParts(BLOCK_BYTES_MAX)] });

const BlocksDownUnion = union('BlocksDown', BLOCK_BYTES_MAX + 32, { block: [1, BlockMessage], error: [2, WireErrorMessage] });
export type BlocksDown = Static<typeof BlocksDownUnion>;

export const BlocksDownMessage = withParts<BlocksDown>(BlocksDownUnion, {
  bytesMax: BLOCK_BYTES_MAX,
  split: (frame) => (frame.kind === 'block' ? frame.data : undefined),
  join: (data) => ({ kind: 'block', data }),
});
