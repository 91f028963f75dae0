import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkExternalData, EXTERNAL_FILES_MAX, externalFiles } from '../../../src/inference/onnx/externalData.ts';
import { ProtobufWriter } from '../../../src/inference/onnx/protobuf.ts';
import { isCoded } from '../../../src/util/errors.ts';

const ALLOWED = 'model.onnx_data';
/** The file is read in windows of this size. */
const WINDOW = 1 << 20;

describe('external data of ONNX files', () => {
  let dir: string;
  let file: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cortensord-external-'));
    file = path.join(dir, 'model.onnx');
  });
  after(() => rm(dir, { recursive: true }));

  const message = (field: number, value: ProtobufWriter): ProtobufWriter => new ProtobufWriter().message(field, value);
  const pair = (key: string, value: string): ProtobufWriter => new ProtobufWriter().string(1, key).string(2, value);
  /** A TensorProto: name, entries of external_data, data_location. */
  const tensor = (...entries: ProtobufWriter[]): ProtobufWriter => {
    const writer = new ProtobufWriter().string(8, 'weights');
    for (const entry of entries) writer.message(13, entry);
    return writer.int(14, 1);
  };
  const located = (...names: string[]): ProtobufWriter[] => names.map((name) => tensor(pair('location', name), pair('offset', '0')));
  const graph = (...tensors: ProtobufWriter[]): ProtobufWriter => {
    const writer = new ProtobufWriter().string(2, 'main');
    for (const one of tensors) writer.message(5, one);
    return writer;
  };
  const write = (model: ProtobufWriter | Uint8Array): Promise<void> =>
    writeFile(file, model instanceof ProtobufWriter ? model.finish() : model);
  const names = async (model: ProtobufWriter | Uint8Array): Promise<string[]> => {
    await write(model);
    return externalFiles(file);
  };
  const refuses = (model: ProtobufWriter | Uint8Array): Promise<void> =>
    assert.rejects(names(model), (error) => isCoded(error, 'MODEL_INVALID'));

  it('is read off any tensor: weights, attributes, graphs in attributes, sparse ones, functions', async () => {
    const [a, b, c, d, e] = located('model.onnx_data', 'model.onnx_data_1', 'onnx__MatMul_7', 'weights.bin', 'f.data') as [
      ProtobufWriter,
      ProtobufWriter,
      ProtobufWriter,
      ProtobufWriter,
      ProtobufWriter,
    ];
    const node = (attribute: ProtobufWriter): ProtobufWriter => message(5, attribute).string(4, 'Constant');
    const inner = graph(c).message(1, node(message(5, b)));
    const model = message(
      7,
      graph(a, a)
        .message(1, node(message(6, inner)))
        .message(15, message(1, d)),
    );
    model.message(25, message(7, node(message(10, e))));
    assert.deepEqual(await names(model), ['f.data', 'model.onnx_data', 'model.onnx_data_1', 'onnx__MatMul_7', 'weights.bin']);
    await checkExternalData(file, await externalFiles(file));
  });

  it('must be covered by the id', async () => {
    await write(message(7, graph(...located(ALLOWED, 'other'))));
    await checkExternalData(file, [ALLOWED, 'other']);
    for (const allowed of [[], [ALLOWED], ['others']])
      await assert.rejects(checkExternalData(file, allowed), (error) => isCoded(error, 'MODEL_INVALID'));
  });

  for (const name of [
    '../weights',
    '/etc/passwd',
    'a/b',
    'a\\b',
    '.',
    '..',
    '.hidden',
    '',
    'C:x',
    'model.onnx',
    'a b',
    'ä',
    'x'.repeat(256),
  ]) {
    it(`is not read from ${JSON.stringify(name.slice(0, 20))}`, () => refuses(message(7, graph(...located(name)))));
  }

  it('cannot be hidden by another order, a second value, a longer form of a length, or what looks like an entry', async () => {
    const hidden = async (entry: ProtobufWriter): Promise<void> => {
      assert.ok((await names(message(7, graph(tensor(entry))))).includes('other'));
    };
    await hidden(new ProtobufWriter().string(2, 'other').string(1, 'location'));
    await hidden(pair('location', ALLOWED).string(2, 'other'));
    await hidden(new ProtobufWriter().string(2, ALLOWED).string(1, 'location').string(2, 'other'));
    await hidden(pair('location', 'other').string(1, 'offset'));
    const long = Buffer.concat([Buffer.from([10, 0x88, 0x80, 0]), Buffer.from('location'), Buffer.from([18, 5]), Buffer.from('other')]);
    assert.deepEqual(await names(message(7, graph(new ProtobufWriter().bytes(13, long)))), ['other']);
    await hidden(
      new ProtobufWriter()
        .bytes(15, Buffer.from([0x6a, 27]))
        .string(1, 'location')
        .string(2, ALLOWED)
        .string(2, 'other'),
    );
  });

  it('cannot be hidden behind a tag that a library cuts to 32 bits', () => {
    const tag = Buffer.from([0xba, 0x80, 0x80, 0x80, 0x10]);
    const body = graph(...located('other')).finish();
    return refuses(Buffer.concat([tag, Buffer.from([body.length]), body]));
  });

  it('is found wherever a window of the file ends, and embedded weights are skipped', async () => {
    for (let shift = 0; shift <= 90; shift += 3) {
      const weights = new ProtobufWriter().bytes(9, Buffer.alloc(WINDOW - shift, 0x41));
      assert.deepEqual(await names(message(7, graph(weights, ...located(ALLOWED), weights, ...located('b')))), ['b', ALLOWED]);
    }
  });

  it('is no matter of the word in other text', async () => {
    assert.deepEqual(await names(message(7, graph().string(10, 'location')).string(6, '\u0008location')), []);
  });

  it('is in at most so many files, and in no file that is no message, is cut, or is nested without end', async () => {
    await refuses(message(7, graph(...located(...Array.from({ length: EXTERNAL_FILES_MAX + 1 }, (_, i) => `t${i}`)))));
    await refuses(Buffer.from('\u0010the location of\n'));
    const whole = message(7, graph(...located(ALLOWED))).finish();
    await refuses(whole.subarray(0, whole.length - 3));
    let nested = graph();
    for (let i = 0; i < 60; i++) nested = graph().message(1, message(5, message(6, nested)));
    await refuses(message(7, nested));
    await refuses(message(7, graph(tensor(pair('location', 'x'.repeat(5_000))))));
  });
});
