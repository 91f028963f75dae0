import type { FileHandle } from 'node:fs/promises';
import { inferenceError } from '../errors.ts';
import { openRegular } from '../regularFile.ts';
import { FileWindow } from './fileWindow.ts';
import { fieldAt, LENGTH_DELIMITED } from './protobufReader.ts';

/** Graphs in attributes of nodes of graphs …: as deep as protobuf libraries read. */
const DEPTH_MAX = 100;
const HEAD_BYTES_MAX = 20;
/** Names, and entries of external_data. */
const LEAF_BYTES_MAX = 4_096;

/** Fields of onnx.proto by number that lead to nodes and tensors, with their messages. */
const MESSAGES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  ModelProto: { 7: 'GraphProto', 20: 'TrainingInfoProto', 25: 'FunctionProto' },
  GraphProto: { 1: 'NodeProto', 5: 'TensorProto', 15: 'SparseTensorProto' },
  NodeProto: { 5: 'AttributeProto' },
  AttributeProto: {
    5: 'TensorProto',
    6: 'GraphProto',
    10: 'TensorProto',
    11: 'GraphProto',
    22: 'SparseTensorProto',
    23: 'SparseTensorProto',
  },
  SparseTensorProto: { 1: 'TensorProto', 2: 'TensorProto' },
  TrainingInfoProto: { 1: 'GraphProto', 2: 'GraphProto' },
  FunctionProto: { 7: 'NodeProto', 11: 'AttributeProto' },
};

export interface Leaf {
  readonly field: number;
  /** Valid until the next leaf. */
  readonly bytes: Buffer;
  /** The message that it is in: leaves of one message share it. */
  readonly parent: object;
}

/**
 * Walks an ONNX file as a protobuf library would read it, whatever its size: what is not asked for is skipped and not read.
 *
 * @param type message of onnx.proto whose fields are wanted, wherever it stands
 * @param fields numbers of those, with strings or messages of up to 4 KiB
 * @throws MODEL_INVALID when the file is no protobuf message, is too deep, or a leaf is too long
 */
export async function* leavesOf(file: string, type: 'NodeProto' | 'TensorProto', fields: readonly number[]): AsyncGenerator<Leaf> {
  const handle = await openRegular(file);
  try {
    yield* walk(handle, file, type, fields);
  } finally {
    await handle.close();
  }
}

async function* walk(handle: FileHandle, file: string, wanted: string, fields: readonly number[]): AsyncGenerator<Leaf> {
  const damaged = (what: string): Error => inferenceError('MODEL_INVALID', `${file} is no ONNX model: ${what}`, { file });
  const window = new FileWindow(handle, (await handle.stat()).size);
  /** Messages that are open: what they are, and where they end. */
  const open = [{ type: 'ModelProto', end: window.size }];
  for (let at = 0; ; ) {
    while (open.at(-1)?.end === at) open.pop();
    const parent = open.at(-1);
    if (parent === undefined) return;
    if (!window.holds(at, HEAD_BYTES_MAX)) await window.move(at);
    const head = fieldAt(window.view(at, HEAD_BYTES_MAX));
    if (head === undefined) throw damaged('a field that cannot be read');
    const body = at + head.headBytes;
    at = body + head.bodyBytes;
    if (at > parent.end) throw damaged('a field ends after its message');
    if (head.wireType !== LENGTH_DELIMITED) continue;
    if (parent.type === wanted && fields.includes(head.field)) {
      if (head.bodyBytes > LEAF_BYTES_MAX) throw damaged('a name that is too long');
      if (!window.holds(body, head.bodyBytes)) await window.move(body);
      yield { field: head.field, bytes: window.view(body, head.bodyBytes), parent };
      continue;
    }
    const type = MESSAGES[parent.type]?.[head.field];
    if (type === undefined) continue;
    if (open.length > DEPTH_MAX) throw damaged('messages too deep in each other');
    open.push({ type, end: at });
    at = body;
  }
}
