/**
 * Writes docs/protocols/proto/*.proto from the message declarations in src/protocols, so that the two cannot differ.
 *
 *     node scripts/genProtocols.ts            write
 *     node scripts/genProtocols.ts --check    fail when a file differs, is missing or is left over
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Declared } from '../src/protocols/codec/types.ts';
import { EnvelopeMessage } from '../src/protocols/envelope.ts';
import { STREAMS, TOPICS } from '../src/protocols/registry.ts';

const DIRECTORY = join(import.meta.dirname, '..', 'docs', 'protocols', 'proto');
const COMMON = 'common';

/** A declaration and all that it uses, dependencies first. */
function closure(roots: readonly Declared[]): Declared[] {
  const found = new Map<string, Declared>();
  const visit = (declared: Declared): void => {
    const known = found.get(declared.name);
    if (known !== undefined) {
      if (known !== declared) throw new Error(`two declarations are named ${declared.name}`);
      return;
    }
    for (const used of declared.uses()) visit(used);
    found.set(declared.name, declared);
  };
  for (const root of roots) visit(root);
  return [...found.values()];
}

/** Text of each .proto file by its name. Declarations that several protocols use stand in common.proto. */
export function protoFiles(): Map<string, string> {
  const roots = new Map<string, readonly Declared[]>([['envelope', [EnvelopeMessage]]]);
  for (const topic of Object.values(TOPICS)) roots.set(topic.name, [topic.message]);
  for (const stream of Object.values(STREAMS)) roots.set(stream.name, [stream.up, stream.down] as unknown as Declared[]);

  const users = new Map<string, number>();
  const closures = [...roots].map(([file, declared]) => [file, closure(declared)] as const);
  for (const [, declared] of closures) for (const { name } of declared) users.set(name, (users.get(name) ?? 0) + 1);
  const all = closure([...roots.values()].flat());
  const shared = closure(all.filter(({ name }) => (users.get(name) ?? 0) > 1));
  const sharedNames = new Set(shared.map(({ name }) => name));

  const files = new Map([[`${COMMON}.proto`, fileText(shared, false)]]);
  for (const [file, declared] of closures) {
    const own = declared.filter(({ name }) => !sharedNames.has(name));
    files.set(`${file}.proto`, fileText(own, own.length < declared.length));
  }
  return files;
}

function fileText(declared: readonly Declared[], importsCommon: boolean): string {
  return [
    '// Generated from src/protocols by scripts/genProtocols.ts. Do not edit.',
    'syntax = "proto3";',
    'package cortensord.v1;',
    ...(importsCommon ? ['', `import "${COMMON}.proto";`] : []),
    ...declared.flatMap((item) => ['', item.block()]),
    '',
  ].join('\n');
}

async function write(files: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(DIRECTORY, { recursive: true });
  for (const name of await readdir(DIRECTORY)) if (!files.has(name)) await rm(join(DIRECTORY, name));
  for (const [name, text] of files) await writeFile(join(DIRECTORY, name), text);
}

async function differences(files: ReadonlyMap<string, string>): Promise<string[]> {
  const present = await readdir(DIRECTORY).catch(() => []);
  const different = present.filter((name) => !files.has(name));
  for (const [name, text] of files) {
    const current = await readFile(join(DIRECTORY, name), 'utf8').catch(() => '');
    if (current !== text) different.push(name);
  }
  return different;
}

if (import.meta.main) {
  const files = protoFiles();
  if (process.argv.includes('--check')) {
    const different = await differences(files);
    if (different.length > 0) {
      console.error(`docs/protocols/proto differs in ${different.join(', ')}: run node scripts/genProtocols.ts`);
      process.exitCode = 1;
    }
  } else await write(files);
}
