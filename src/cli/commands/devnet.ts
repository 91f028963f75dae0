import { homeDir } from '../../config/load.ts';
import type { GlobalOptions } from '../globals.ts';
import type { Io } from '../io.ts';

export interface DevnetFlags extends GlobalOptions {
  readonly once?: boolean;
  readonly badMiner?: boolean;
  readonly prompt?: string;
  readonly port?: string;
}

/** A whole private network on this machine, until Ctrl-C. */
export async function devnet(flags: DevnetFlags, io: Io): Promise<void> {
  const { join, resolve } = await import('node:path');
  const { runDevnet } = await import('../../devnet/index.ts');
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  await runDevnet({
    once: flags.once ?? false,
    json: flags.json ?? false,
    badMiner: flags.badMiner ?? false,
    prompt: flags.prompt,
    restPort: Number(flags.port ?? 0),
    dir: flags.dataDir === undefined ? join(homeDir(io.env), '.cortensord', 'devnet') : resolve(flags.dataDir),
    logLevel: flags.logLevel ?? 'info',
    signal: controller.signal,
    out: io.out,
    err: io.err,
  });
}
