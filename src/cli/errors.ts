import { defineErrors } from '../util/errors.ts';

export const cliError = defineErrors('cli', {
  CLI_USAGE: { summary: 'The command line is wrong.', remedy: 'Run the command with --help.', http: 400, exit: 2 },
  ROLE_MISSING: {
    summary: '`start` was given no role.',
    remedy: 'Add --role router, miner, guard or oracle, or set node.roles in the config file.',
    http: 400,
    exit: 64,
  },
  PASSWORD_MISSING: {
    summary: 'The keystore password is needed and there is no terminal to ask on.',
    remedy: 'Set CORTENSORD_PASSWORD_FILE or keys.passwordFile; `cortensord init --no-prompt` makes such a file.',
    http: 400,
    exit: 64,
  },
  PASSWORD_MISMATCH: { summary: 'The two passwords typed are not the same.', remedy: 'Run `cortensord init` again.', http: 400, exit: 1 },
  STOP_TIMEOUT: {
    summary: 'The node did not stop in time and was cut off.',
    remedy: 'Look for what hung at the end of the log; durable state was written before.',
    http: 500,
    exit: 70,
  },
  DEVNET_FILE_BROKEN: {
    summary: 'The file that a running devnet leaves for the CLI cannot be understood.',
    remedy: 'Start the devnet again, or name a socket with --socket.',
    http: 500,
    exit: 69,
  },
});
