import { defineErrors } from '../util/errors.ts';

export const configError = defineErrors('config', {
  CONFIG_UNKNOWN_KEY: {
    summary: 'A key in the config file, the environment or a flag is not known.',
    remedy: 'Correct or remove the key; docs/config.md lists all of them.',
    http: 500,
    exit: 64,
  },
  CONFIG_INVALID_VALUE: {
    summary: 'A config value has the wrong type or is out of its bounds.',
    remedy: 'Set a value that the message asks for; docs/config.md says what each key takes.',
    http: 500,
    exit: 64,
  },
  CONFIG_CONFLICT: {
    summary: 'Two config values do not go together.',
    remedy: 'Change one of the two keys that the message names.',
    http: 500,
    exit: 64,
  },
  CONFIG_FILE_SYNTAX: {
    summary: 'The config file is not valid TOML.',
    remedy: 'Correct the line that the message shows.',
    http: 500,
    exit: 64,
  },
  CONFIG_FILE_UNREADABLE: {
    summary: 'The config file cannot be read.',
    remedy: 'Name an existing, readable file with --config, or make one with `cortensord init`.',
    http: 500,
    exit: 64,
  },
  DATA_DIR_UNUSABLE: {
    summary: 'The data directory cannot be made, or cannot be closed to other users.',
    remedy: 'Name a directory that belongs to this user with --data-dir.',
    http: 500,
    exit: 73,
  },
  SECRET_FILE_UNREADABLE: {
    summary: 'A file that holds a password or a token cannot be read or is empty.',
    remedy: 'Put the secret on the first line of the file and make it readable for this user only (chmod 600).',
    http: 500,
    exit: 64,
  },
  SECRET_FILE_EXISTS: {
    summary: 'A secret would be written over an existing file.',
    remedy: 'Keep the existing file, or name another one.',
    http: 500,
    exit: 73,
  },
});
