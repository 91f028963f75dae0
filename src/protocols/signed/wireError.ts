import { message } from '../codec/message.ts';
import { bool, text } from '../codec/types.ts';

/** A coded error inside a stream, its last frame: docs/protocols/overview.md §5. */
export const WireErrorMessage = message('WireError', 1024, {
  code: [1, text(64)],
  message: [2, text(512)],
  retryable: [3, bool],
});
