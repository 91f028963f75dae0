import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createEngine } from '../../../src/inference/engine.ts';
import { ProtobufWriter } from '../../../src/inference/onnx/protobuf.ts';
import { Rehearsals } from '../../../src/inference/rehearsal/index.ts';
import { type RehearsalLimits, rehearsalLimits } from '../../../src/inference/rehearsal/limits.ts';
import { GREEDY } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { fuzzLoaders } from '../../fuzz/loaders.ts';
import { complete, NEVER } from './run.ts';
import { writeTinyModel } from './tinyModel.ts';

const PARITY = path.join(import.meta.dirname, '../../fixtures/parity');

type Json = Record<string, unknown>;

/** A tokenizer with a pattern that tries everything: it is cut off after a second. */
const lasting = (json: Json): Json => ({
  ...json,
  pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false },
});

async function childOf(pid: number): Promise<number | undefined> {
  const [first] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ');
  return first === '' ? undefined : Number(first);
}

describe('hostile model folders', function () {
  this.timeout(60_000);
  let root: string;
  let dir: string;
  beforeEach(async () => {
    const tiny = await writeTinyModel();
    root = await mkdtemp(path.join(tmpdir(), 'cortensord-hostile-'));
    dir = path.join(root, 'model');
    await cp(tiny.dir, dir, { recursive: true });
    await tiny.remove();
  });
  afterEach(() => rm(root, { recursive: true }));

  async function edit(name: string, change: (json: Json) => Json): Promise<void> {
    const file = path.join(dir, name);
    await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')) as Json)));
  }
  const template = (text: string): Promise<void> => edit('tokenizer_config.json', (json) => ({ ...json, chat_template: text }));
  const refuses = (code: string, limits: (bytes: number) => RehearsalLimits = rehearsalLimits): Promise<void> =>
    assert.rejects(new Rehearsals({ limits }).check(dir, NEVER), (error) => isCoded(error, code) || assert.fail(error as Error));

  it('MODEL_REHEARSAL_TIMEOUT at the limit of time', () =>
    refuses('MODEL_REHEARSAL_TIMEOUT', (bytes) => ({ ...rehearsalLimits(bytes), wallMs: 1 })));

  it('MODEL_REHEARSAL_MEMORY at the limit of memory', () =>
    refuses('MODEL_REHEARSAL_MEMORY', (bytes) => ({ ...rehearsalLimits(bytes), memoryBytes: 1 << 20 })));

  it('MODEL_REHEARSAL_MEMORY when the heap is full', () =>
    refuses('MODEL_REHEARSAL_MEMORY', (bytes) => ({ ...rehearsalLimits(bytes), heapBytes: 8 << 20 })));

  it('MODEL_REHEARSAL_CRASHED when the process is ended by a signal, and the next model is tried out', async () => {
    await edit('tokenizer.json', lasting);
    const rehearsals = new Rehearsals();
    const checked = rehearsals.check(dir, NEVER);
    checked.catch(() => {});
    let child: number | undefined;
    for (; child === undefined; await turn()) child = await childOf(process.pid);
    process.kill(child, 'SIGSEGV');
    await assert.rejects(checked, (error) => isCoded(error, 'MODEL_REHEARSAL_CRASHED') && /SIGSEGV/.test(error.message));
    const good = await writeTinyModel();
    try {
      await rehearsals.check(good.dir, NEVER);
    } finally {
      await good.remove();
    }
  });

  const templates: [string, string][] = [
    ['counts to 10^9', '{% for i in range(10**9) %}x{% endfor %}'],
    ['counts in a loop in a loop', '{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}'],
    ['doubles a text', "{% set ns = namespace(t='x') %}{% for i in range(64) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}"],
  ];
  for (const [what, text] of templates) {
    it(`MODEL_TEXT_LIMIT for a chat template that ${what}`, async () => {
      await template(text);
      await refuses('MODEL_TEXT_LIMIT');
    });
  }

  it('MODEL_INVALID for a chat template nested beyond the stack', async () => {
    await template(`{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`);
    await refuses('MODEL_INVALID');
  });

  it('MODEL_TEXT_LIMIT for a pattern that tries everything', async () => {
    await edit('tokenizer.json', lasting);
    await refuses('MODEL_TEXT_LIMIT');
  });

  it('MODEL_INVALID for normalizers that make a text 2^40 times as long', async () => {
    const twice = { type: 'Replace', pattern: { String: 'a' }, content: 'aa' };
    await edit('tokenizer.json', (json) => ({ ...json, normalizer: { type: 'Sequence', normalizers: Array(40).fill(twice) } }));
    await refuses('MODEL_INVALID');
  });

  it('MODEL_INVALID for parts nested without end', async () => {
    let part: Json = { type: 'NFC' };
    for (let i = 0; i < 2_000; i++) part = { type: 'Sequence', normalizers: [part] };
    await edit('tokenizer.json', (json) => ({ ...json, normalizer: part }));
    await refuses('MODEL_INVALID');
  });

  it('MODEL_UNSUPPORTED for a huge shape', async () => {
    await edit('config.json', (json) => ({ ...json, hidden_size: 65_536, intermediate_size: 1 << 20, num_hidden_layers: 1024 }));
    await refuses('MODEL_UNSUPPORTED');
  });

  it('ENGINE_NUMERICS for weights that are no numbers', async () => {
    const file = path.join(dir, 'model.safetensors');
    const bytes = await readFile(file);
    bytes.fill(0xff, bytes.length - 4_096);
    await writeFile(file, bytes);
    await refuses('ENGINE_NUMERICS');
  });

  const node = (op: string, input: string, output: string, domain = ''): ProtobufWriter =>
    new ProtobufWriter().string(1, input).string(2, output).string(4, op).string(7, domain);
  const opset = (): ProtobufWriter => new ProtobufWriter().string(1, 'own').int(2, 1);
  /** A function `name` of one node, which calls another. */
  const calling = (name: string, other: string): ProtobufWriter =>
    new ProtobufWriter()
      .string(1, name)
      .string(4, 'x')
      .string(5, 'y')
      .message(7, node(other, 'x', 'y', 'own'))
      .message(9, opset())
      .string(10, 'own');
  const graph = (...nodes: ProtobufWriter[]): ProtobufWriter =>
    new ProtobufWriter().message(
      7,
      nodes.reduce((all, one) => all.message(1, one), new ProtobufWriter()),
    );
  const cyclic: Record<string, () => ProtobufWriter> = {
    'nodes that wait for each other': () => graph(node('Identity', 'a', 'b'), node('Identity', 'b', 'a')),
    'a node that waits for itself': () => graph(node('Identity', 'a', 'a')),
    'functions that call each other': () =>
      graph(node('f', 'logits', 'z', 'own'))
        .message(8, opset())
        .message(25, calling('f', 'g'))
        .message(25, calling('g', 'f')),
  };
  for (const [what, more] of Object.entries(cyclic)) {
    it(`MODEL_INVALID for an ONNX file with ${what}`, async () => {
      await rm(dir, { recursive: true });
      await cp(path.join(PARITY, 'onnx-llama'), dir, { recursive: true });
      const file = path.join(dir, 'model.onnx');
      // Messages one behind the other are one message.
      await writeFile(file, Buffer.concat([await readFile(file), more().finish()]));
      await refuses('MODEL_INVALID');
    });
  }

  it('MODEL_INVALID for an index of shards that leads out of the folder, or to itself', async () => {
    await rm(dir, { recursive: true });
    await cp(path.join(PARITY, 'llama'), dir, { recursive: true });
    const name = 'model.safetensors.index.json';
    for (const to of ['../../../etc/passwd', name]) {
      await edit(name, (json) => ({
        ...json,
        weight_map: Object.fromEntries(Object.keys(json.weight_map as Json).map((tensor) => [tensor, to])),
      }));
      await refuses('MODEL_INVALID');
    }
  });

  it('MODEL_INVALID for a link out of the folder', async () => {
    await cp(path.join(dir, 'config.json'), path.join(root, 'config.json'));
    await rm(path.join(dir, 'config.json'));
    await symlink(path.join(root, 'config.json'), path.join(dir, 'config.json'));
    await refuses('MODEL_INVALID');
  });

  it('MODEL_INVALID for a pipe in place of a file, and no wait for its writer', async () => {
    await rm(path.join(dir, 'tokenizer.json'));
    execFileSync('mkfifo', [path.join(dir, 'tokenizer.json')]);
    await refuses('MODEL_INVALID');
  });

  it('give an id or a coded error when bytes are damaged at random', async () => {
    const seen = await fuzzLoaders(24, 1);
    assert.equal(seen.get('INTERNAL'), undefined);
    assert.ok(seen.size > 1, [...seen.keys()].join());
  });

  it('leave the engine as it is: the next model is served', async () => {
    const good = await writeTinyModel();
    const engine = createEngine();
    try {
      await template('{% for i in range(10**9) %}x{% endfor %}');
      await assert.rejects(engine.load(dir), (error) => isCoded(error, 'MODEL_TEXT_LIMIT'));
      const { id } = await engine.load(good.dir);
      const request = { model: id, promptIds: Uint32Array.of(1, 50), sampling: GREEDY, maxTokens: 3, stop: [] };
      assert.ok((await complete(engine, request)).ids.length > 0);
    } finally {
      await engine.close();
      await good.remove();
    }
  });

  it('are tried out once, also by the next process, and again when a file changed or the record is damaged', async () => {
    const recordsDir = path.join(root, 'records');
    const id = await new Rehearsals({ recordsDir }).check(dir, NEVER);
    const never = (bytes: number): RehearsalLimits => ({ ...rehearsalLimits(bytes), wallMs: 1 });
    assert.equal(await new Rehearsals({ recordsDir, limits: never }).check(dir, NEVER), id);
    await writeFile(path.join(dir, 'card.md'), '# changed');
    const again = (): Promise<void> =>
      assert.rejects(new Rehearsals({ recordsDir, limits: never }).check(dir, NEVER), (error) => isCoded(error, 'MODEL_REHEARSAL_TIMEOUT'));
    await again();
    await new Rehearsals({ recordsDir }).check(dir, NEVER);
    for (const name of await readdir(recordsDir)) await writeFile(path.join(recordsDir, name), '{');
    await again();
  });

  it('that do not run are not tried out again until a file changes or that is asked for; a limit is tried again', async () => {
    const recordsDir = path.join(root, 'records');
    const never = (bytes: number): RehearsalLimits => ({ ...rehearsalLimits(bytes), wallMs: 1 });
    const gives = (code: string, limits = rehearsalLimits, message = /./): Promise<void> =>
      assert.rejects(
        new Rehearsals({ recordsDir, limits }).check(dir, NEVER),
        (error) => (isCoded(error, code) && message.test(error.message)) || assert.fail(error as Error),
      );
    await edit('config.json', (json) => ({ ...json, architectures: ['MambaForCausalLM'] }));
    await gives('MODEL_REHEARSAL_TIMEOUT', never);
    assert.equal(await new Rehearsals({ recordsDir }).known(dir), undefined);
    await gives('MODEL_UNSUPPORTED');
    await gives('MODEL_UNSUPPORTED', never, /Mamba.*remembered.*model verify/);
    const known = await new Rehearsals({ recordsDir }).known(dir);
    assert.ok(known !== undefined && 'failure' in known && known.failure.code === 'MODEL_UNSUPPORTED');
    await new Rehearsals({ recordsDir }).forget(dir);
    await gives('MODEL_REHEARSAL_TIMEOUT', never);
    await gives('MODEL_UNSUPPORTED');
    await edit('config.json', (json) => ({ ...json, architectures: ['LlamaForCausalLM'] }));
    await new Rehearsals({ recordsDir }).check(dir, NEVER);
  });
});
