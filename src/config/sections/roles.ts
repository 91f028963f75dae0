import { z } from 'zod';
import { field, int, section, weiString } from '../field.ts';

const modelDirs = z.array(z.string().min(1)).max(64).default(['default']);

export const router = section('Takes prompts, picks miners, streams answers.', {
  maxInFlight: field({ doc: 'Completions at once; above it callers get 503.' }, int(1, 100_000).default(256)),
  retries: field({ doc: 'Further miners tried when one fails before its first token.' }, int(0, 10).default(2)),
  heartbeatTimeoutMs: field({ doc: 'A miner silent for longer gets no work.', unit: 'ms' }, int(500, 600_000).default(15_000)),
  openTimeoutMs: field({ doc: 'Bound on opening a stream to a miner.', unit: 'ms' }, int(100, 60_000).default(5_000)),
  firstTokenTimeoutMs: field({ doc: 'Bound on the first token; covers queue and prefill.', unit: 'ms' }, int(100, 600_000).default(60_000)),
  tokenTimeoutMs: field({ doc: 'Bound on the gap between tokens.', unit: 'ms' }, int(100, 600_000).default(20_000)),
  completionTokensMax: field(
    { doc: 'Tokens of one answer, and the default when the client names none.', unit: 'tokens' },
    int(1, 131_072).default(512),
  ),
  modelDirs: field(
    {
      doc: 'Folders whose tokenizers and prices this router serves; `default` is the built-in model, `model:<name>` one from the store.',
      path: true,
    },
    modelDirs,
  ),
});

export const miner = section('Holds models and answers.', {
  modelDirs: field(
    { doc: 'Model folders to serve; `default` is the built-in model, `model:<name>` one from the store.', path: true },
    modelDirs,
  ),
  promptPrice: field({ doc: 'Ask for prompt tokens.', unit: 'COR wei per 1,000 tokens' }, weiString.default('1000000000000000')),
  completionPrice: field({ doc: 'Ask for completion tokens.', unit: 'COR wei per 1,000 tokens' }, weiString.default('2000000000000000')),
  slots: field({ doc: 'Sequences decoded at once.' }, int(1, 64).default(4)),
  prefixRows: field(
    { doc: 'Prompts per model that are kept, so that the next of the same session goes on from its beginning.' },
    int(0, 64).default(4),
  ),
  speculation: field(
    {
      doc: 'Guess tokens ahead where a text repeats itself and check them in one pass; `auto` does with one slot and fp32, where it costs nobody.',
    },
    z.enum(['auto', 'on', 'off']).default('auto'),
  ),
  queueMax: field({ doc: 'Requests that wait for a slot; above it ENGINE_QUEUE_FULL.' }, int(0, 1_024).default(16)),
  threads: field({ doc: 'CPU threads of the engine; 0 is one for each core less one, 16 at most.' }, int(0, 64).default(0)),
  provider: field(
    { doc: 'What computes; `auto` is CUDA where it is installed and works, else the CPU. What cannot run is a warning in the status.' },
    z.enum(['auto', 'cpu', 'cuda', 'webgpu']).default('auto'),
  ),
  gpuMemoryMiB: field(
    { doc: 'Bound on what CUDA takes for weights and computing, the KV cache on top; 0 is none.', unit: 'MiB' },
    int(0, 1_048_576).default(0),
  ),
  memoryMiB: field(
    { doc: 'Bound on the resident memory of the engine’s process: above it the process is started anew. 0 is none. Linux.', unit: 'MiB' },
    int(0, 16_777_216).default(0),
  ),
  heartbeatMs: field({ doc: 'How often capacity is announced.', unit: 'ms' }, int(200, 60_000).default(2_000)),
  evidenceTtlMs: field(
    { doc: 'How long evidence of a finished task is kept for guards.', unit: 'ms' },
    int(10_000, 86_400_000).default(3_600_000),
  ),
  paceMsPerToken: field({ doc: 'Least time per token, to imitate a slower machine.', unit: 'ms' }, int(0, 10_000).default(0)),
  fault: field(
    { doc: 'Misbehaviour for demonstrations and tests; anything but `none` needs network.devnet = true.' },
    z.enum(['none', 'tamper']).default('none'),
  ),
});

export const guard = section('Audits finished tasks and votes.', {
  auditRate: field({ doc: 'Share of the tasks seen that is audited.', bounds: '0–1' }, z.number().min(0).max(1).default(1)),
  modelDirs: field(
    { doc: 'Model folders it can replay; `default` is the built-in model, `model:<name>` one from the store.', path: true },
    modelDirs,
  ),
  threads: field({ doc: 'CPU threads of the engine; 0 is one for each core less one, 16 at most.' }, int(0, 64).default(0)),
  provider: field(
    { doc: 'What computes; `auto` is CUDA where it is installed and works, else the CPU. What cannot run is a warning in the status.' },
    z.enum(['auto', 'cpu', 'cuda', 'webgpu']).default('auto'),
  ),
  gpuMemoryMiB: field(
    { doc: 'Bound on what CUDA takes for weights and computing, the KV cache on top; 0 is none.', unit: 'MiB' },
    int(0, 1_048_576).default(0),
  ),
  memoryMiB: field(
    { doc: 'Bound on the resident memory of the engine’s process: above it the process is started anew. 0 is none. Linux.', unit: 'MiB' },
    int(0, 16_777_216).default(0),
  ),
  queueMax: field({ doc: 'Tasks that wait for an audit.' }, int(1, 10_000).default(256)),
  evidenceTimeoutMs: field(
    { doc: 'How long evidence is asked for; after it the vote is UNAVAILABLE.', unit: 'ms' },
    int(100, 120_000).default(75_000),
  ),
  revealDelayMs: field(
    { doc: 'Longest wait between commit and reveal: a vote is opened as soon as the whole committee has committed.', unit: 'ms' },
    int(0, 120_000).default(20_000),
  ),
});

export const oracle = section('Aggregates votes and settles epochs.', {
  voteTimeoutMs: field({ doc: 'How long a task waits for a quorum of votes.', unit: 'ms' }, int(500, 3_600_000).default(3_600_000)),
  attestTimeoutMs: field({ doc: 'Bound on a guard’s answer to an attestation request.', unit: 'ms' }, int(100, 60_000).default(10_000)),
  tasksPerEpochMax: field({ doc: 'Tasks settled in one transaction.' }, int(1, 100_000).default(10_000)),
});
