import { CACHE_PARTS } from '../graph/decoder.ts';
import { EXPORT_IO } from './exportedInputs.ts';
import { MICROSOFT } from './graphWriter.ts';
import { leavesOf } from './onnxFile.ts';

/** Of NodeProto. */
const FIELD = { input: 1, output: 2, type: 4, domain: 7 } as const;
const OPERATOR = 'GroupQueryAttention';
/** Of the operator: where keys and values go in, and where they come out. */
const PAST_INPUT = 3;
const PRESENT_OUTPUT = 1;

interface Node {
  readonly input: string[];
  readonly output: string[];
  readonly type: string[];
  readonly domain: string[];
}

/**
 * Whether an export may write its cache in place: `past_key_values.N` and `present.N` are then one array for the whole context. So it is where each
 * goes straight into and out of a GroupQueryAttention, which takes lengths from other inputs, and no other node sees how long the past is.
 *
 * @throws MODEL_INVALID
 */
export async function writesCacheInPlace(file: string, layers: number): Promise<boolean> {
  const nodes = new Map<object, Node>();
  for await (const { field, bytes, parent } of leavesOf(file, 'NodeProto', Object.values(FIELD))) {
    const node = nodes.get(parent) ?? { input: [], output: [], type: [], domain: [] };
    nodes.set(parent, node);
    for (const key of ['input', 'output', 'type', 'domain'] as const) if (FIELD[key] === field) node[key].push(bytes.toString('utf8'));
  }
  const left = new Map(
    Array.from({ length: layers }, (_, layer) =>
      CACHE_PARTS.map((part) => [EXPORT_IO.past(layer, part), EXPORT_IO.present(layer, part)]),
    ).flat() as [string, string][],
  );
  const pasts = new Set(left.keys());
  for (const { input, output, type, domain } of nodes.values()) {
    const isAttention = type.at(-1) === OPERATOR && domain.at(-1) === MICROSOFT;
    for (const [i, name] of input.entries()) {
      if (!pasts.has(name)) continue;
      const part = i - PAST_INPUT;
      const isInPlace = isAttention && (part === 0 || part === 1) && output[PRESENT_OUTPUT + part] === left.get(name);
      // A second reader is another one, too.
      if (!isInPlace || !left.delete(name)) return false;
    }
  }
  return left.size === 0;
}
