import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { configError } from './errors.ts';
import type { FlagValue } from './layers.ts';
import { resolveConfig } from './resolve.ts';
import type { ResolvedConfig } from './schema.ts';

export const CONFIG_FILE_NAME = 'cortensord.toml';

export interface LoadOptions {
  readonly flags?: readonly FlagValue[];
  /** `--config`: must exist. Absent: CORTENSORD_CONFIG, else cortensord.toml in the data dir if there is one. */
  readonly configFile?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  readonly cwd?: string;
}

/**
 * Reads environment and file and resolves the config: the only place in the program that does.
 *
 * @throws CONFIG_FILE_UNREADABLE and what {@link resolveConfig} throws
 */
export async function loadConfig(options: LoadOptions = {}): Promise<ResolvedConfig> {
  const env = options.env ?? process.env;
  const home = options.home ?? homeDir(env);
  const cwd = options.cwd ?? process.cwd();
  const flags = options.flags ?? [];
  const named = options.configFile ?? (env.CORTENSORD_CONFIG || undefined);
  const sources = { flags, env, home, cwd };
  if (named !== undefined) {
    const path = resolve(cwd, named);
    return resolveConfig({ ...sources, file: { path, text: await readConfigFile(path) } });
  }
  const dataDirFlag = flags.findLast((flag) => flag.key === 'dataDir')?.value;
  const dataDir = String(dataDirFlag ?? (env.CORTENSORD_DATA_DIR || join(home, '.cortensord')));
  const path = join(dataDir.startsWith('~/') ? join(home, dataDir.slice(2)) : resolve(cwd, dataDir), CONFIG_FILE_NAME);
  const text = await readConfigFile(path, true);
  return resolveConfig({ ...sources, file: text === undefined ? undefined : { path, text } });
}

/** $HOME, else what the system says. */
export function homeDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.HOME || homedir();
}

/** A variable that the CLI reads by itself (docs/config.md, docs/models.md). */
export function cliEnv(
  name: 'CORTENSORD_SOCKET' | 'HF_ENDPOINT' | 'HF_TOKEN',
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  return env[name] || undefined;
}

async function readConfigFile(path: string): Promise<string>;
async function readConfigFile(path: string, mayBeAbsent: true): Promise<string | undefined>;
async function readConfigFile(path: string, mayBeAbsent = false): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (mayBeAbsent && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw configError('CONFIG_FILE_UNREADABLE', `config file ${path} cannot be read: ${code}`, { path }, error);
  }
}
