import assert from 'node:assert/strict';
import { attentionWriter, type Projected } from '../../../src/inference/graph/attention.ts';
import type { DecoderShape } from '../../../src/inference/graph/shape.ts';
import { GraphWriter, type ValueName } from '../../../src/inference/onnx/graphWriter.ts';

/** Types of the nodes, in the order in which they were written. */
class RecordingWriter extends GraphWriter {
  readonly types: string[] = [];

  override node(...args: Parameters<GraphWriter['node']>): ValueName[] {
    this.types.push(args[0]);
    return super.node(...args);
  }
}

const SHAPE = { heads: 9, kvHeads: 3, headSize: 64 } as DecoderShape;
const PACKED: Projected = ['packed', '', ''];
const APART: Projected = ['query', 'key', 'value'];

function nodesOfOneLayer(projected: Projected): string[] {
  const graph = new RecordingWriter();
  const attend = attentionWriter('unfused', graph, SHAPE, 32);
  attend(0, projected, 'first');
  const before = graph.types.length;
  attend(1, projected, 'second');
  return graph.types.slice(before);
}

describe('attention in single operators: nodes', () => {
  it('a layer has 17, none of which computes a shape, a mask or a position', () => {
    const nodes = nodesOfOneLayer(PACKED);
    assert.equal(nodes.length, 17);
    for (const type of ['Cast', 'Concat', 'Expand', 'Range', 'Shape', 'Where']) assert.ok(!nodes.includes(type), type);
  });

  it('query, key and value that come apart cost three more', () => {
    assert.equal(nodesOfOneLayer(APART).length, 20);
  });
});
