import { utilError } from './errors.ts';

/**
 * Runs `work` with a signal that aborts after `ms` or when `parent` aborts, and takes both apart afterwards, so that no
 * listener stays on a long-lived parent (as `AbortSignal.any` would leave).
 *
 * @throws TIMEOUT with `what` in the message when the time runs out first.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent?.throwIfAborted();
  const controller = new AbortController();
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {});
  const abort = (reason: unknown): void => {
    controller.abort(reason);
    gone.reject(reason);
  };
  const timer = setTimeout(() => abort(utilError('TIMEOUT', `${what} took longer than ${ms} ms`, { what, ms })), ms);
  const onParent = (): void => abort(parent?.reason);
  parent?.addEventListener('abort', onParent, { once: true });
  try {
    return await Promise.race([work(controller.signal), gone.promise]);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener('abort', onParent);
  }
}
