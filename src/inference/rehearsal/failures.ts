import type { CodedError } from '../../util/errors.ts';

/** What loaders find in the files themselves. */
const FOUND: readonly string[] = ['MODEL_INVALID', 'MODEL_UNSUPPORTED', 'ENGINE_NUMERICS'];
/** Ends that native code brings on itself. Others may come from outside: the kernel short of memory, a user. */
const OWN_SIGNALS: readonly unknown[] = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE'];

/**
 * Whether a failure comes again for as long as the files are the same. Limits of time and memory may be the machine's, and so may everything that has
 * a cause below the loaders, in the file system or ONNX Runtime.
 */
export function liesInFiles({ code, data, cause }: CodedError): boolean {
  if (code === 'MODEL_REHEARSAL_CRASHED') return OWN_SIGNALS.includes(data.how);
  return FOUND.includes(code) && cause === undefined;
}
