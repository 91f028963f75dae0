import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { blockTypeOf } from '../../../src/inference/gguf/blockTypes.ts';
import { ggufTokenizer } from '../../../src/inference/gguf/tokenizer.ts';
import { ggufName, ggufWeights } from '../../../src/inference/gguf/weights.ts';
import { GgufFile } from '../../../src/inference/gguf.ts';
import { isCoded } from '../../../src/util/errors.ts';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/parity');
const LLAMA = path.join(FIXTURES, 'gguf-llama/model.gguf');

describe('GGUF', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cortensord-gguf-'));
  });
  after(() => rm(dir, { recursive: true }));

  /** Opens bytes as a file; undefined when they are refused with a code of the engine. */
  async function opened(bytes: Uint8Array): Promise<GgufFile | undefined> {
    const file = path.join(dir, 'model.gguf');
    await writeFile(file, bytes);
    try {
      return await GgufFile.open(file);
    } catch (error) {
      assert.ok(isCoded(error, 'MODEL_INVALID') || isCoded(error, 'MODEL_UNSUPPORTED'), String(error));
      return undefined;
    }
  }
  async function refuses(bytes: Uint8Array, pattern: RegExp): Promise<void> {
    const file = path.join(dir, 'model.gguf');
    await writeFile(file, bytes);
    await assert.rejects(GgufFile.open(file), (error) => isCoded(error) && pattern.test(error.message));
  }

  it('widens every type bit for bit as the reference does', async () => {
    const text = await readFile(path.join(FIXTURES, 'gguf-types.json'), 'utf8');
    const cases = JSON.parse(text) as Record<string, { id: number; bytes: string; f32: string }>;
    assert.equal(Object.keys(cases).length, 11);
    for (const [name, { id, bytes, f32 }] of Object.entries(cases)) {
      const type = blockTypeOf(id);
      assert.equal(type?.name, name);
      const values = type?.widen(Uint8Array.from(Buffer.from(bytes, 'base64'))) as Float32Array;
      // −0 and 0 are one number: NumPy's and JavaScript's products of zero agree in both.
      assert.equal(Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'), f32, name);
    }
  });

  it('reads metadata and tensors in Hugging Face order', async () => {
    const file = await GgufFile.open(LLAMA);
    try {
      assert.equal(file.metadata.get('general.architecture'), 'llama');
      assert.equal(file.metadata.get('llama.attention.head_count_kv'), 2);
      assert.deepEqual(file.tensor('token_embd.weight')?.shape, [320, 64]);
      await assert.rejects(file.read('token_embd.weight', [64, 320]), (error) => isCoded(error, 'MODEL_INVALID'));
      await assert.rejects(file.read('nothing', [1]), (error) => isCoded(error, 'MODEL_INVALID'));
    } finally {
      await file.close();
    }
  });

  for (const [folder, bits] of [
    ['gguf-llama', 8],
    ['gguf-qwen2', 4],
  ] as const) {
    it(`keeps blocks of ${bits} bits as they are: ${folder}`, async () => {
      const file = await GgufFile.open(path.join(FIXTURES, folder, 'model.gguf'));
      try {
        const weights = ggufWeights(file, bits === 8 ? 16 : undefined);
        for (const [name, rows, columns] of [
          ['model.layers.1.self_attn.q_proj.weight', 64, 64],
          ['model.layers.1.mlp.down_proj.weight', 64, 96],
        ] as const) {
          const blocks = await weights.readBlocks?.(name, rows, columns, bits);
          assert.ok(blocks);
          const q = (i: number): number =>
            bits === 8 ? (blocks.data[i] as number) - 128 : (((blocks.data[i >> 1] as number) >> (4 * (i & 1))) & 15) - 8;
          const values = Float32Array.from({ length: rows * columns }, (_, i) => q(i) * (blocks.scales[i >> 5] as number));
          assert.deepEqual(
            values.map((value) => value + 0),
            (await weights.read(name, [rows, columns])).map((value) => value + 0),
          );
          assert.equal(await weights.readBlocks?.(name, rows, columns, bits === 8 ? 4 : 8), undefined);
        }
      } finally {
        await file.close();
      }
    });
  }

  it('names tensors as llama.cpp does', () => {
    assert.equal(ggufName('model.layers.12.self_attn.q_proj.bias'), 'blk.12.attn_q.bias');
    assert.equal(ggufName('model.embed_tokens.weight'), 'token_embd.weight');
    assert.equal(ggufName('toString.weight'), 'toString.weight');
  });

  it('MODEL_UNSUPPORTED for a tokenizer that the metadata do not describe', () => {
    for (const [model, pre] of [
      ['llama', 'default'],
      ['gpt2', 'constructor'],
      ['gpt2', 'tekken'],
    ] as const) {
      const metadata = new Map([
        ['tokenizer.ggml.model', model],
        ['tokenizer.ggml.pre', pre],
      ]);
      assert.throws(
        () => ggufTokenizer(metadata, 'x.gguf'),
        (error) => isCoded(error, 'MODEL_UNSUPPORTED'),
      );
    }
  });

  describe('hostile files', () => {
    const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
    const u64 = (value: bigint): Buffer => Buffer.from(BigUint64Array.of(value).buffer);
    const text = (value: string): Buffer => Buffer.concat([u64(BigInt(value.length)), Buffer.from(value)]);
    const start = (tensors: bigint, entries: bigint): Buffer => Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors), u64(entries)]);
    const tensor = (name: string, dims: bigint[], type: number, offset: bigint): Buffer =>
      Buffer.concat([text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)]);
    const data = Buffer.alloc(512);
    const HUGE = 2n ** 63n;

    const cases: [string, Buffer[], RegExp][] = [
      ['another magic number', [Buffer.from('GGML'), u32(3)], /begin with GGUF/],
      ['an unknown version', [Buffer.from('GGUF'), u32(9)], /version 9/],
      ['2^63 tensors', [start(HUGE, 0n)], /tensors; the limit/],
      ['2^63 entries', [start(0n, HUGE)], /entries; the limit/],
      ['a key of 2^63 bytes', [start(0n, 1n), u64(HUGE)], /a key of/],
      ['a string of 2^40 bytes', [start(0n, 1n), text('a'), u32(8), u64(2n ** 40n)], /a string of/],
      ['an array of 2^40 numbers', [start(0n, 1n), text('a'), u32(9), u32(4), u64(2n ** 40n)], /entries of a; the limit/],
      ['an array longer than the file', [start(0n, 1n), text('a'), u32(9), u32(8), u64(1_000_000n)], /does not end/],
      ['an array of arrays', [start(0n, 1n), text('a'), u32(9), u32(9), u64(1n), u32(9), u64(1n)], /a has type 9 of 9/],
      ['an unknown type of value', [start(0n, 1n), text('a'), u32(77)], /a has type 77/],
      ['a key twice', [start(0n, 2n), text('a'), u32(4), u32(1), text('a'), u32(4), u32(1)], /comes twice/],
      ['an alignment that is no power of two', [start(0n, 1n), text('general.alignment'), u32(4), u32(48)], /alignment/],
      ['an alignment that is text', [start(0n, 1n), text('general.alignment'), u32(8), text('32')], /alignment/],
      ['a tensor without dimensions', [start(1n, 0n), tensor('a', [], 0, 0n), data], /0 dimensions/],
      ['a tensor with 5 dimensions', [start(1n, 0n), tensor('a', [1n, 1n, 1n, 1n, 1n], 0, 0n), data], /5 dimensions/],
      ['a dimension of 0', [start(1n, 0n), tensor('a', [0n], 0, 0n), data], /dimensions 0/],
      ['dimensions beyond 2^53', [start(1n, 0n), tensor('a', [2n ** 40n, 2n ** 40n], 0, 0n), data], /has dimensions/],
      ['rows that are no whole blocks', [start(1n, 0n), tensor('a', [33n], 8, 0n), data], /has dimensions/],
      ['an unknown tensor type', [start(1n, 0n), tensor('a', [1n], 99, 0n), data], /type 99/],
      ['an offset off the alignment', [start(1n, 0n), tensor('a', [1n], 0, 4n), data], /not aligned/],
      ['a tensor outside the file', [start(1n, 0n), tensor('a', [200n], 0, 0n), data], /outside the file/],
      ['an offset of 2^63', [start(1n, 0n), tensor('a', [1n], 0, HUGE), data], /outside the file/],
      ['overlapping tensors', [start(2n, 0n), tensor('a', [16n], 0, 0n), tensor('b', [16n], 0, 32n), data], /over another/],
      ['a tensor twice', [start(2n, 0n), tensor('a', [8n], 0, 0n), tensor('a', [8n], 0, 32n), data], /comes twice/],
    ];
    for (const [what, parts, pattern] of cases) it(`refuses ${what}`, () => refuses(Buffer.concat(parts), pattern));

    it('never crash the reader, cut anywhere in the header or with any bits flipped', async () => {
      const whole = await readFile(LLAMA);
      const header = whole.length - 110_000;
      const cut = fc.record({ length: fc.nat(whole.length - 1), flips: fc.constant([]) });
      const flip = fc.tuple(fc.nat(header), fc.integer({ min: 1, max: 255 }));
      const flipped = fc.record({ length: fc.constant(whole.length), flips: fc.array(flip, { minLength: 1, maxLength: 8 }) });
      await fc.assert(
        fc.asyncProperty(fc.oneof(cut, flipped), async ({ length, flips }) => {
          const bytes = Buffer.from(whole.subarray(0, length));
          for (const [at, mask] of flips) bytes[at] = (bytes[at] as number) ^ mask;
          const file = await opened(bytes);
          if (length < whole.length) assert.equal(file, undefined);
          await file?.close();
        }),
        { numRuns: 400 },
      );
    });
  });
});
