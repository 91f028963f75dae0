import koffi from 'koffi';

/** Of the stack that native code called from here runs on. */
const STACK_BYTES = 8 << 20;

let configured = false;

/**
 * Opens a shared library; null is what this process has loaded already, the C library among it. koffi takes no settings once a library is open, so all
 * are opened here.
 *
 * @throws what the loader says when it is not found or does not load
 */
export function openLibrary(file: string | null): ReturnType<typeof koffi.load> {
  if (!configured) koffi.config({ sync_stack_size: STACK_BYTES });
  configured = true;
  return koffi.load(file);
}
