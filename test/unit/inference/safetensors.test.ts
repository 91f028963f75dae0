import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SafetensorsFile } from '../../../src/inference/safetensors.ts';
import { isCoded } from '../../../src/util/errors.ts';

describe('safetensors', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cortensord-st-'));
  });
  after(() => rm(dir, { recursive: true }));

  async function openFile(header: unknown, data: Uint8Array, headerBytes?: bigint): Promise<SafetensorsFile> {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(headerBytes ?? BigInt(json.length));
    const file = path.join(dir, 'model.safetensors');
    await writeFile(file, Buffer.concat([prefix, json, data]));
    return SafetensorsFile.open(file);
  }

  it('widens f16 and bf16 and reads f32', async () => {
    const data = Buffer.alloc(16);
    data.writeFloatLE(1.5, 0);
    data.writeFloatLE(-2, 4);
    [0x3c00, 0x0001, 0x3f80, 0xc000].forEach((bits, i) => {
      data.writeUInt16LE(bits, 8 + 2 * i);
    });
    const file = await openFile(
      {
        __metadata__: { format: 'pt' },
        a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
        b: { dtype: 'F16', shape: [1, 2], data_offsets: [8, 12] },
        c: { dtype: 'BF16', shape: [2], data_offsets: [12, 16] },
      },
      data,
    );
    try {
      assert.deepEqual([...(await file.read('a', [2]))], [1.5, -2]);
      assert.deepEqual([...(await file.read('b', [1, 2]))], [1, 2 ** -24]);
      assert.deepEqual([...(await file.read('c', [2]))], [1, -2]);
      await assert.rejects(file.read('a', [1, 2]), (error) => isCoded(error, 'MODEL_INVALID'));
      await assert.rejects(file.read('z', [2]), (error) => isCoded(error, 'MODEL_INVALID'));
    } finally {
      await file.close();
    }
  });

  const eight = new Uint8Array(8);
  const tensor = (change: object): object => ({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change } });
  const damaged: [string, unknown, Uint8Array, bigint?][] = [
    ['a header longer than the file', {}, eight, 1n << 20n],
    ['a header of 2^63 bytes', {}, eight, 1n << 63n],
    ['a header that is not JSON', '{', eight],
    ['a header that is a list', [], eight],
    ['a tensor outside the file', tensor({ shape: [4], data_offsets: [0, 16] }), eight],
    ['offsets that do not fit the shape', tensor({ data_offsets: [0, 4] }), eight],
    ['a negative offset', tensor({ data_offsets: [-8, 0] }), eight],
    ['a huge shape', tensor({ shape: [2 ** 40, 2 ** 40] }), eight],
    ['an entry that is null', { a: null }, eight],
  ];
  for (const [what, header, data, headerBytes] of damaged) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(
        openFile(header, data, headerBytes),
        (error) => isCoded(error, 'MODEL_INVALID') || isCoded(error, 'MODEL_UNSUPPORTED'),
      );
    });
  }

  it('MODEL_UNSUPPORTED for another dtype', async () => {
    await assert.rejects(openFile(tensor({ dtype: 'I64' }), eight), (error) => isCoded(error, 'MODEL_UNSUPPORTED'));
  });
});
