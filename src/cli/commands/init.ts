import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDataDir, keysDir } from '../../config/dataDir.ts';
import { configError } from '../../config/errors.ts';
import { CONFIG_FILE_NAME } from '../../config/load.ts';
import { valueAt } from '../../config/resolve.ts';
import type { ResolvedConfig } from '../../config/schema.ts';
import { createSecretFile, readSecretFile } from '../../config/secrets.ts';
import { writeDefaultConfig } from '../../config/template.ts';
import { createIdentity } from '../../crypto/identity.ts';
import { type GlobalOptions, loadFor } from '../globals.ts';
import type { Io } from '../io.ts';
import { fields } from '../output.ts';
import { newPassword } from '../password.ts';

const PASSWORD_FILE_NAME = 'password';

export interface InitOptions extends GlobalOptions {
  readonly role?: readonly string[];
  /** False with --no-prompt: a random password goes to a file. */
  readonly prompt: boolean;
}

/** Makes keys and a commented config in the data dir. Nothing that exists is overwritten. */
export async function init(options: InitOptions, io: Io): Promise<void> {
  const roles = options.role ? [{ key: 'node.roles', value: options.role, flag: '--role' }] : [];
  const resolved = await loadFor(options, io, roles);
  const { config } = resolved;
  await ensureDataDir(config.dataDir);
  await ensureDataDir(keysDir(config.dataDir));
  const configFile = join(config.dataDir, CONFIG_FILE_NAME);

  const { password, passwordFile } = await choosePassword(options, resolved, io);
  const identity = await createIdentity(keysDir(config.dataDir), { password, scryptN: config.keys.scryptN });
  const values = { ...flagged(resolved), ...(passwordFile === undefined ? {} : { 'keys.passwordFile': PASSWORD_FILE_NAME }) };
  const wrote = await writeNew(configFile, writeDefaultConfig(values));

  const made = { dataDir: config.dataDir, configFile, passwordFile, peerId: identity.peer.peerId, operator: identity.operator.address };
  if (options.json) {
    io.out(`${JSON.stringify(made)}\n`);
    return;
  }
  io.out(
    fields([
      ['data dir', made.dataDir],
      ['config', wrote ? configFile : `${configFile} (was there; left as it is)`],
      ['password file', passwordFile],
      ['peer id', made.peerId],
      ['operator', made.operator],
    ]),
  );
  io.out('\nNext: set chain and network in the config, fund and stake for the operator, then run `cortensord start`.\n');
}

async function choosePassword(
  options: InitOptions,
  { config }: ResolvedConfig,
  io: Io,
): Promise<{ password: string; passwordFile?: string }> {
  if (config.keys.passwordFile !== '') return { password: (await readSecretFile(config.keys.passwordFile, 'keys.passwordFile')).value };
  if (options.prompt) return { password: await newPassword(io) };
  const passwordFile = join(config.dataDir, PASSWORD_FILE_NAME);
  return { password: await createSecretFile(passwordFile), passwordFile };
}

/** What was given by flag goes into the file; the data dir is where the file is. */
function flagged({ config, keys, origin }: ResolvedConfig): Record<string, unknown> {
  const given = keys.filter((key) => key !== 'dataDir' && origin(key).kind === 'flag');
  return Object.fromEntries(given.map((key) => [key, valueAt(config, key)]));
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    throw configError('CONFIG_FILE_UNREADABLE', `${path} cannot be written: ${code}`, { path }, error);
  }
}
