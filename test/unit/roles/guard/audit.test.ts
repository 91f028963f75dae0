import assert from 'node:assert/strict';
import type { Receipt } from '../../../../src/crypto/eip712.ts';
import type { EvidenceFound } from '../../../../src/protocols/evidence/messages.ts';
import { audit, evidenceFault, splitSketches } from '../../../../src/roles/guard/audit.ts';
import { GREEDY } from '../../../../src/types/index.ts';
import { assignmentOf, OUTPUT, PROMPT, receiptOf, SALT, SKETCHES, treeOf, word } from '../fixtures.ts';

const ASSIGNMENT = assignmentOf();
const RECEIPT = receiptOf(ASSIGNMENT);
const EVIDENCE: EvidenceFound = {
  promptIds: PROMPT,
  promptSalt: SALT,
  outputIds: OUTPUT,
  sketches: Uint8Array.from(Buffer.concat(SKETCHES)),
  sampling: GREEDY,
  stop: [],
  finishReason: 'stop',
};

/** An engine that chooses these tokens, and sees these hidden states. */
function engine(chosen: Uint32Array = OUTPUT, sketches = SKETCHES, gap = new Float32Array(chosen.length).fill(5)) {
  let calls = 0;
  const verify = async () => {
    calls += 1;
    return { chosen, gap, sketches, logprob: new Float32Array(chosen.length) };
  };
  return { verify, calls: () => calls };
}
const tokenizer = { eosIds: new Set([2]), decode: (ids: ArrayLike<number>) => Array.from(ids).join(' ') };

function judge(change: Partial<EvidenceFound> = {}, receipt: Receipt = RECEIPT, using = engine(), vocab = 100) {
  const components = {
    engine: using,
    tokenizer,
    vocab,
    profile: 'fp32',
  } as unknown as Parameters<typeof audit>[3];
  return audit({ ...EVIDENCE, ...change }, ASSIGNMENT, receipt, components, new AbortController().signal);
}

describe('guard/audit', () => {
  it('VALID for what the model gives', async () => {
    const outcome = await judge();
    assert.equal(outcome.verdict, 'VALID');
    assert.match(outcome.evidenceHash, /^0x[0-9a-f]{64}$/);
    assert.equal((await judge()).evidenceHash, outcome.evidenceHash);
  });

  const faults: readonly [string, Partial<EvidenceFound>][] = [
    ['COUNT_MISMATCH', { promptIds: Uint32Array.of(5, 6) }],
    ['COUNT_MISMATCH', { outputIds: Uint32Array.of(8, 9) }],
    ['PROMPT_MISMATCH', { promptIds: Uint32Array.of(5, 6, 8) }],
    ['PROMPT_MISMATCH', { promptSalt: word(1) }],
    ['SAMPLING_MISMATCH', { sampling: { ...GREEDY, topK: 1 } }],
    ['SKETCH_COUNT', { sketches: EVIDENCE.sketches.subarray(1) }],
    ['OUTPUT_MISMATCH', { outputIds: Uint32Array.of(8, 9, 3) }],
    ['OUTPUT_MISMATCH', { sketches: new Uint8Array(96) }],
  ];
  for (const [fault, change] of faults) {
    it(`${fault} without a replay when ${Object.keys(change)[0]} differs from the receipt`, async () => {
      assert.equal(evidenceFault({ ...EVIDENCE, ...change }, RECEIPT), fault);
      const using = engine();
      const outcome = await judge(change, RECEIPT, using);
      assert.deepEqual([outcome.verdict, outcome.fault, using.calls()], ['INVALID', fault, 0]);
    });
  }

  it('OUTPUT_EMPTY for a receipt over nothing', async () => {
    const none = new Uint32Array(0);
    const receipt = receiptOf(ASSIGNMENT, { completionTokens: 0, outputRoot: treeOf([], []).root() });
    const outcome = await judge({ outputIds: none, sketches: new Uint8Array(0) }, receipt, engine(none, []));
    assert.deepEqual([outcome.verdict, outcome.fault], ['INVALID', 'OUTPUT_EMPTY']);
  });

  it('TOKEN_UNKNOWN for a token outside the vocabulary, which no replay can take', async () => {
    const using = engine();
    const outcome = await judge({}, RECEIPT, using, 9);
    assert.deepEqual([outcome.verdict, outcome.fault, outcome.position, using.calls()], ['INVALID', 'TOKEN_UNKNOWN', 1, 0]);
  });

  it('TOKEN_NOT_CHOSEN and SKETCH_MISMATCH from the replay', async () => {
    assert.equal((await judge({}, RECEIPT, engine(Uint32Array.of(8, 7, 2)))).fault, 'TOKEN_NOT_CHOSEN');
    assert.equal(
      (
        await judge(
          {},
          RECEIPT,
          engine(
            OUTPUT,
            SKETCHES.map(() => new Uint8Array(32).fill(1)),
          ),
        )
      ).fault,
      'SKETCH_MISMATCH',
    );
  });

  it('VALID at a stop string, ENDED_EARLY without one', async () => {
    const outputIds = Uint32Array.of(8, 9);
    const sketches = SKETCHES.slice(0, 2);
    const receipt = receiptOf(ASSIGNMENT, { completionTokens: 2, outputRoot: treeOf(outputIds, sketches).root() });
    const change = { outputIds, sketches: Uint8Array.from(Buffer.concat(sketches)) };
    assert.equal((await judge({ ...change, stop: ['9'] }, receipt, engine(outputIds, sketches))).verdict, 'VALID');
    assert.equal((await judge(change, receipt, engine(outputIds, sketches))).fault, 'ENDED_EARLY');
  });

  it('what the engine throws is not the fault of the miner', async () => {
    const broken = { verify: async () => Promise.reject(new Error('no memory')), calls: () => 0 };
    await assert.rejects(judge({}, RECEIPT, broken as never), /no memory/);
  });

  it('sketches are split by 32 bytes', () => {
    assert.deepEqual(
      splitSketches(EVIDENCE.sketches).map((bytes) => [...bytes]),
      SKETCHES.map((bytes) => [...bytes]),
    );
  });
});
