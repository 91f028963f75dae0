import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writesCacheInPlace } from '../../../src/inference/onnx/cacheInPlace.ts';
import { GraphWriter, MICROSOFT } from '../../../src/inference/onnx/graphWriter.ts';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/parity');
const PAST = ['past_key_values.0.key', 'past_key_values.0.value'] as const;
const PRESENT = ['present.0.key', 'present.0.value'] as const;
const LENGTHS = ['seqlens_k', 'total'] as const;

describe('cache of an ONNX export', () => {
  let file: string;
  before(async () => {
    file = path.join(await mkdtemp(path.join(tmpdir(), 'cortensord-cache-')), 'model.onnx');
  });
  after(() => rm(path.dirname(file), { recursive: true }));

  const inPlace = async (build: (graph: GraphWriter) => void, layers = 1): Promise<boolean> => {
    const graph = new GraphWriter();
    build(graph);
    await writeFile(file, graph.finish('decoder'));
    return writesCacheInPlace(file, layers);
  };
  const attention = (
    graph: GraphWriter,
    past: readonly string[] = PAST,
    present: readonly string[] = PRESENT,
    type = 'GroupQueryAttention',
    domain = MICROSOFT,
  ) => graph.node(type, ['q', 'k', 'v', ...past, ...LENGTHS], ['out', ...present], {}, domain);

  for (const [name, graph, expected] of [
    ['onnx-gqa', 'onnx/model.onnx', true],
    ['onnx-gqa-q4f16', 'onnx/model_q4f16.onnx', true],
    ['onnx-llama', 'model.onnx', false],
    ['onnx-gpt2', 'model.onnx', false],
  ] as const) {
    it(`is ${expected ? '' : 'not '}written in place by ${name}`, async () =>
      assert.equal(await writesCacheInPlace(path.join(FIXTURES, name, graph), 2), expected));
  }

  it('is written in place where it goes straight through a GroupQueryAttention', async () => {
    assert.equal(await inPlace((graph) => attention(graph)), true);
    assert.equal(await inPlace((graph) => attention(graph), 2), false);
  });

  it('is not where another node sees the past, or it goes another way', async () => {
    const others: ((graph: GraphWriter) => void)[] = [
      (graph) => [attention(graph), graph.op('Shape', [PAST[1]])],
      (graph) => [graph.op('Shape', [PAST[0]]), attention(graph)],
      (graph) => [attention(graph), attention(graph)],
      (graph) => attention(graph, PAST, [PRESENT[1], PRESENT[0]]),
      (graph) => attention(graph, [PAST[1], PAST[0]]),
      (graph) => attention(graph, PAST, ['other', PRESENT[1]]),
      (graph) => attention(graph, PAST, PRESENT, 'MultiHeadAttention'),
      (graph) => attention(graph, PAST, PRESENT, 'GroupQueryAttention', ''),
      (graph) => attention(graph, [graph.op('Cast', [PAST[0]]), PAST[1]]),
    ];
    for (const build of others) assert.equal(await inPlace(build), false);
  });
});
