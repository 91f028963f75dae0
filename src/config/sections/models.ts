import { z } from 'zod';
import { field, int, section } from '../field.ts';

export const models = section('Models that `cortensord model pull` keeps on this machine (docs/models.md).', {
  dir: field({ doc: 'Folder of the model store. Empty: `models` in the data dir.', path: true, example: '' }, z.string().default('')),
  share: field({ doc: 'Send models that are marked as shared to nodes that ask for them.' }, z.boolean().default(true)),
  shareBytesPerSecond: field(
    { doc: 'What that may take of the line, to all nodes together.', unit: 'bytes/s' },
    int(65_536, 10_000_000_000).default(67_108_864),
  ),
});
