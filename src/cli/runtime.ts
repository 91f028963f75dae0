import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/**
 * Sets up the JavaScript engine; call it before the bulk of the modules is loaded.
 *
 * Compiled code is kept in `~/.cache/cortensord` (XDG_CACHE_HOME moves it), not in the shared temporary directory, whose content
 * others may write: 1,800 modules load faster, and the first node of a devnet compiles for all. NODE_COMPILE_CACHE names another
 * directory, NODE_DISABLE_COMPILE_CACHE turns it off.
 *
 * The young generation of the heap keeps its first size. Loading makes it grow to 64 MB, of which a node at rest uses nothing and
 * which V8 does not give back.
 */
export function tuneRuntime(env: Readonly<Record<string, string | undefined>> = process.env): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  const directory = env.NODE_COMPILE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cortensord');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch {
    // A home that cannot be written: without a cache everything works, only later.
    return;
  }
  enableCompileCache(directory);
}
