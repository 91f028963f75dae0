import { defineErrors } from '../util/errors.ts';

export const storageError = defineErrors('storage', {
  STORAGE_OPEN_FAILED: {
    summary: 'The ledger database cannot be opened or created.',
    remedy: 'Check that the data dir exists, is writable by this user and has free space.',
    http: 500,
    exit: 73,
  },
  STORAGE_IN_USE: {
    summary: 'Another process holds the data dir.',
    remedy: 'Stop the other node, or give this one its own --data-dir.',
    http: 500,
    exit: 73,
  },
  STORAGE_TOO_NEW: {
    summary: 'The ledger was written by a newer version.',
    remedy: 'Upgrade cortensord; a ledger is never downgraded.',
    http: 500,
    exit: 73,
  },
});
