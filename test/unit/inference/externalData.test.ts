import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkExternalData } from '../../../src/inference/onnx/externalData.ts';
import { ProtobufWriter } from '../../../src/inference/onnx/protobuf.ts';
import { isCoded } from '../../../src/util/errors.ts';

const ALLOWED = 'model.onnx_data';
/** createReadStream gives chunks of this size. */
const CHUNK = 1 << 20;

describe('external data of ONNX files', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cortensord-external-'));
  });
  after(() => rm(dir, { recursive: true }));

  const pair = (key: string, value: string): ProtobufWriter => new ProtobufWriter().string(1, key).string(2, value);
  /** A TensorProto: name, entries of external_data, data_location. */
  const tensor = (...entries: ProtobufWriter[]): Buffer => {
    const writer = new ProtobufWriter().string(8, 'weights');
    for (const entry of entries) writer.message(13, entry);
    return Buffer.from(writer.int(14, 1).finish());
  };

  async function check(bytes: Buffer, allowed: string | undefined): Promise<void> {
    const file = path.join(dir, 'model.onnx');
    await writeFile(file, bytes);
    await checkExternalData(file, allowed);
  }
  const refuses = (bytes: Buffer, allowed: string | undefined): Promise<void> =>
    assert.rejects(check(bytes, allowed), (error) => isCoded(error, 'MODEL_INVALID'));

  it('may lie in the file beside it, and nowhere else', async () => {
    await check(tensor(pair('location', ALLOWED), pair('offset', '0')), ALLOWED);
    await refuses(tensor(pair('location', ALLOWED)), undefined);
    await refuses(tensor(pair('location', '../weights')), ALLOWED);
    await refuses(tensor(pair('location', `${ALLOWED}x`)), ALLOWED);
    await refuses(Buffer.concat([tensor(pair('location', ALLOWED)), tensor(pair('location', 'other'))]), ALLOWED);
  });

  it('cannot be hidden by another order, a second value, or a longer form of a length', async () => {
    await refuses(tensor(new ProtobufWriter().string(2, 'other').string(1, 'location')), ALLOWED);
    await refuses(tensor(pair('location', ALLOWED).string(2, 'other')), ALLOWED);
    await refuses(tensor(new ProtobufWriter().string(2, ALLOWED).string(1, 'location').string(2, 'other')), ALLOWED);
    const long = Buffer.concat([
      Buffer.from([(13 << 3) | 2, 18, 10, 0x88, 0x80, 0]),
      Buffer.from('location'),
      Buffer.from([18, 5]),
      Buffer.from('other'),
    ]);
    await refuses(long, ALLOWED);
  });

  it('is found wherever a chunk of the file ends', async () => {
    const bad = tensor(pair('location', 'other'));
    const good = tensor(pair('location', ALLOWED));
    for (let shift = 0; shift <= bad.length + 4; shift += 3) {
      const before = Buffer.alloc(CHUNK - shift, 0x41);
      await refuses(Buffer.concat([before, bad, Buffer.alloc(700, 0x41)]), ALLOWED);
      await check(Buffer.concat([before, good, Buffer.alloc(700, 0x41)]), ALLOWED);
    }
  });

  it('is no matter of the word in other text', () => check(Buffer.from('\u0010the location of\n'), undefined));
});
