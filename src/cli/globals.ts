import type { FlagValue } from '../config/layers.ts';
import type { ResolvedConfig } from '../config/schema.ts';
import { cliError } from './errors.ts';
import type { Io } from './io.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly config?: string;
  readonly logLevel?: string;
  readonly socket?: string;
  readonly json?: boolean;
  /** `key=value`, repeated. */
  readonly set?: readonly string[];
}

/** The flags that are config keys, under the names the user typed. @throws CLI_USAGE */
export function globalFlags(options: GlobalOptions): FlagValue[] {
  const flags: FlagValue[] = [];
  for (const text of options.set ?? []) {
    const at = text.indexOf('=');
    if (at < 1) throw cliError('CLI_USAGE', `--set ${text}: write --set key=value`);
    flags.push({ key: text.slice(0, at), value: text.slice(at + 1), flag: '--set' });
  }
  if (options.dataDir !== undefined) flags.push({ key: 'dataDir', value: options.dataDir, flag: '--data-dir' });
  if (options.logLevel !== undefined) flags.push({ key: 'log.level', value: options.logLevel, flag: '--log-level' });
  return flags;
}

export async function loadFor(options: GlobalOptions, io: Io, more: readonly FlagValue[] = []): Promise<ResolvedConfig> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig({ flags: [...globalFlags(options), ...more], configFile: options.config, env: io.env });
}
