import { z } from 'zod';
import { ROLES } from '../../types/index.ts';
import { field, int, section } from '../field.ts';

export const node = section('What this node does.', {
  roles: field(
    { doc: 'Roles that `start` runs when no --role is given.', example: ['router'] },
    z
      .array(z.enum(ROLES))
      .max(ROLES.length)
      .refine((roles) => new Set(roles).size === roles.length, 'names a role twice')
      .default([]),
  ),
  stopTimeoutMs: field({ doc: 'How long a stop waits for running work before it cuts it off.', unit: 'ms' }, int(0, 9_000).default(6_000)),
});

export const keys = section('Keys at rest. Secrets live in files only, never in this one.', {
  passwordFile: field(
    {
      doc: 'File whose first line is the keystore password (also CORTENSORD_PASSWORD_FILE). Empty: ask on the terminal.',
      path: true,
      example: '',
    },
    z.string().default(''),
  ),
  scryptN: field(
    { doc: 'Work factor of the keystore that `init` writes.', bounds: 'a power of two, 4,096–1,048,576' },
    int(4_096, 1_048_576)
      .refine((n) => Number.isInteger(Math.log2(n)), 'must be a power of two')
      .default(262_144),
  ),
  owner: field(
    { doc: 'Account that holds the stake and gets the rewards; its key is never on this node. Empty: the operator itself.' },
    z
      .string()
      .regex(/^(0x[0-9a-fA-F]{40})?$/, 'must be a 20-byte 0x address or empty')
      .default(''),
  ),
});

export const log = section('Logs: one line per event on standard error; prompts, outputs and keys are never in them.', {
  level: field(
    { doc: 'Least severe level that is written.' },
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  ),
  format: field(
    { doc: '`json` for machines, `pretty` for people; `auto` is pretty on a terminal.' },
    z.enum(['auto', 'json', 'pretty']).default('auto'),
  ),
});
