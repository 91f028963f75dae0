import assert from 'node:assert/strict';
import { parseListing } from '../../../../src/inference/store/hub.ts';
import { selectFiles } from '../../../../src/inference/store/select.ts';

const base = ['.gitattributes', 'README.md', 'config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'LICENSE'];
const companions = base.slice(1);

describe('store/select', () => {
  it('takes model.safetensors and leaves the rest', () => {
    const chosen = selectFiles([
      ...base,
      'model.safetensors',
      'consolidated.safetensors',
      'pytorch_model.bin',
      'onnx/model.onnx',
      'img/a.png',
    ]);
    assert.deepEqual(chosen, { variant: 'safetensors', paths: [...companions, 'model.safetensors'] });
  });

  it('takes shards with their index', () => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const { paths } = selectFiles([...base, 'model.safetensors.index.json', ...shards, 'consolidated.safetensors']);
    assert.deepEqual(paths, [...companions, 'model.safetensors.index.json', ...shards]);
  });

  it('takes one GGUF by its quantisation, all its shards, in any case', () => {
    const files = [
      'M-Q4_K_M.gguf',
      'M-q8_0.gguf',
      'big/M-IQ2_XS-00001-of-00002.gguf',
      'big/M-IQ2_XS-00002-of-00002.gguf',
      'mmproj-M-f16.gguf',
    ];
    assert.deepEqual(selectFiles(files, 'gguf:q4_k_m'), { variant: 'gguf:Q4_K_M', paths: ['M-Q4_K_M.gguf'] });
    assert.deepEqual(selectFiles(files, 'GGUF:IQ2_XS').paths, files.slice(2, 4));
    assert.deepEqual(selectFiles(['M.gguf']), { variant: 'gguf:M', paths: ['M.gguf'] });
  });

  it('STORE_VARIANT_UNKNOWN names what there is', () => {
    const files = ['M-Q4_K_M.gguf', 'M-Q8_0.gguf'];
    assert.throws(() => selectFiles(files), { code: 'STORE_VARIANT_UNKNOWN', message: /several variants.*gguf:Q4_K_M, gguf:Q8_0/ });
    assert.throws(() => selectFiles(files, 'gguf:Q2_K'), { code: 'STORE_VARIANT_UNKNOWN', message: /gguf:Q8_0/ });
    assert.throws(() => selectFiles(['README.md']), { code: 'STORE_VARIANT_UNKNOWN', message: /no weights/ });
    assert.throws(() => selectFiles([...base, 'model.safetensors'], 'onnx'), { code: 'STORE_VARIANT_UNKNOWN' });
  });

  it('takes one ONNX graph with its external data', () => {
    const files = [
      ...base,
      'onnx/model.onnx',
      'onnx/model.onnx_data',
      'onnx/model_q4.onnx',
      'onnx/model_q4.onnx_data',
      'onnx/model_q4.onnx_data_1',
      'onnx/model_q4f16.onnx',
    ];
    assert.deepEqual(selectFiles(files, 'onnx:q4').paths.slice(companions.length), files.slice(-4, -1));
    assert.deepEqual(selectFiles(files, 'onnx:fp32').paths.slice(companions.length), ['onnx/model.onnx', 'onnx/model.onnx_data']);
    assert.throws(() => selectFiles(files, 'onnx'), { code: 'STORE_VARIANT_UNKNOWN', message: /onnx:fp32, onnx:q4, onnx:q4f16/ });
  });

  it('STORE_PICKLE_REFUSED when there is nothing else', () => {
    for (const file of ['pytorch_model.bin', 'model.pt', 'x.pkl', 'a.ckpt'])
      assert.throws(() => selectFiles([...base, file]), { code: 'STORE_PICKLE_REFUSED' }, file);
  });
});

describe('store/hub listing', () => {
  const sha256 = 'ab'.repeat(32);
  const oid = 'cd'.repeat(20);

  it('reads sizes and hashes of the hub and of mirrors', () => {
    const { commit, license, files } = parseListing(
      JSON.stringify({
        sha: oid,
        tags: ['text', 'license:mit'],
        private: false,
        siblings: [
          { rfilename: 'config.json', size: 5, blobId: oid },
          { rfilename: 'a.gguf', size: 9, blobId: oid, lfs: { sha256, size: 9, pointerSize: 1 } },
          { rfilename: 'b.gguf', size: 9, lfs: { oid: `sha256:${sha256}` } },
          { rfilename: 'plain' },
        ],
      }),
      'a/b',
    );
    assert.deepEqual([commit, license], [oid, 'mit']);
    assert.deepEqual(files, [
      { path: 'config.json', size: 5, sha256: undefined, gitOid: oid },
      { path: 'a.gguf', size: 9, sha256, gitOid: undefined },
      { path: 'b.gguf', size: 9, sha256, gitOid: undefined },
      { path: 'plain', size: undefined, sha256: undefined, gitOid: undefined },
    ]);
  });

  it('STORE_LISTING_INVALID for what is no listing', () => {
    for (const text of [
      '',
      '<html>',
      '[]',
      '{}',
      '{"siblings":[{}]}',
      '{"siblings":[{"rfilename":"a","size":-1}]}',
      '{"siblings":[{"rfilename":"a","lfs":{"sha256":"x"}}]}',
    ])
      assert.throws(() => parseListing(text, 'a/b'), { code: 'STORE_LISTING_INVALID' }, text);
  });
});
