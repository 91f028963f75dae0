import { z } from 'zod';
import { field, section } from '../field.ts';

export const models = section('Models that `cortensord model pull` keeps on this machine (docs/models.md).', {
  dir: field({ doc: 'Folder of the model store. Empty: `models` in the data dir.', path: true, example: '' }, z.string().default('')),
});
