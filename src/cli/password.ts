import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ResolvedConfig } from '../config/schema.ts';
import { readSecretFile } from '../config/secrets.ts';
import { cliError } from './errors.ts';
import type { Io } from './io.ts';

/**
 * The one password rule: keys.passwordFile (or CORTENSORD_PASSWORD_FILE), else ask on the terminal.
 *
 * @throws PASSWORD_MISSING, SECRET_FILE_UNREADABLE
 */
export async function keystorePassword({ config }: ResolvedConfig, io: Io): Promise<string> {
  const path = config.keys.passwordFile;
  if (path !== '') {
    const { value, readableByOthers } = await readSecretFile(path, 'keys.passwordFile');
    if (readableByOthers) io.err(`warning: ${path} is readable by other users; run chmod 600 on it\n`);
    return value;
  }
  return askPassword('Keystore password: ', io);
}

/** Asks twice. @throws PASSWORD_MISSING, PASSWORD_MISMATCH */
export async function newPassword(io: Io): Promise<string> {
  const first = await askPassword('New keystore password: ', io);
  const second = await askPassword('Again: ', io);
  if (first !== second) throw cliError('PASSWORD_MISMATCH', 'the two passwords are not the same');
  return first;
}

async function askPassword(prompt: string, io: Io): Promise<string> {
  if (!io.stdin.isTTY || !io.stderr.isTTY)
    throw cliError('PASSWORD_MISSING', 'no password file is set and standard input is not a terminal');
  io.err(prompt);
  // readline echoes to its output: give it one that swallows everything.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: io.stdin, output: silent, terminal: true });
  try {
    const answer = await reader.question('');
    if (answer === '') throw cliError('PASSWORD_MISSING', 'the password is empty');
    return answer;
  } finally {
    reader.close();
    io.err('\n');
  }
}
