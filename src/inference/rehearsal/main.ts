/** Entry of the process that tries a model out: loaders meet the files of strangers here first. */
import { writeSync } from 'node:fs';
import { endWithParent } from '../parentDeath.ts';
import { toWire } from '../worker/wireError.ts';
import { ANSWER_FD, ANSWER_TEXT_CHARS_MAX, type RehearsalAnswer, type RehearsalRequest } from './protocol.ts';
import { rehearse } from './rehearse.ts';

const cut = (text: string): string => text.slice(0, ANSWER_TEXT_CHARS_MAX);

async function answer(): Promise<RehearsalAnswer> {
  try {
    return { id: await rehearse(JSON.parse(process.argv[2] as string) as RehearsalRequest) };
  } catch (error) {
    const { code, message, data, cause } = toWire(error);
    const short = Object.entries(data).map(([key, value]) => [key, typeof value === 'string' ? cut(value) : value]);
    return { error: { code, message: cut(message), data: Object.fromEntries(short), cause: cause === undefined ? cause : cut(cause) } };
  }
}

await endWithParent();
writeSync(ANSWER_FD, JSON.stringify(await answer()));
process.exit(0);
