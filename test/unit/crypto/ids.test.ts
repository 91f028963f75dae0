import assert from 'node:assert/strict';
import { concatHex, encodeAbiParameters, keccak256, parseAbiParameters, toHex } from 'viem';
import { networkIdOf, promptCommit, samplingHash, taskIdOf, voteCommit } from '../../../src/crypto/ids.ts';
import type { Hex, NetworkId, SessionId, TaskId } from '../../../src/types/index.ts';

const b32 = (byte: string): Hex => `0x${byte.repeat(32)}`;
const router: Hex = `0x${'ab'.repeat(20)}`;

describe('crypto/ids', () => {
  it('networkId, taskId, sampling and vote commit are keccak256 over abi.encode', () => {
    const network = keccak256(encodeAbiParameters(parseAbiParameters('uint256, address'), [1n, router]));
    assert.equal(networkIdOf(1, router), network);
    const task = encodeAbiParameters(parseAbiParameters('bytes32, bytes32, address, bytes32, uint64'), [
      b32('01'),
      b32('02'),
      router,
      b32('03'),
      9n,
    ]);
    assert.equal(taskIdOf(b32('01') as NetworkId, b32('02') as SessionId, router, b32('03'), 9), keccak256(task));
    const sampling = encodeAbiParameters(
      parseAbiParameters('uint32, uint32, uint32, uint32, int32, int32, uint32, bytes32, bytes32, bytes32'),
      [
        700,
        900_000,
        40,
        50_000,
        -500,
        250,
        1_100,
        keccak256('0x00000007fffffc1800000009000003e8'),
        keccak256(Buffer.from('{"type":"json_object"}')),
        b32('04'),
      ],
    );
    const logitBias = [
      { token: 7, biasMilli: -1_000 },
      { token: 9, biasMilli: 1_000 },
    ];
    assert.equal(
      samplingHash({
        temperatureMilli: 700,
        topPPpm: 900_000,
        topK: 40,
        minPPpm: 50_000,
        presenceMilli: -500,
        frequencyMilli: 250,
        repetitionMilli: 1_100,
        logitBias,
        grammar: '{"type":"json_object"}',
        seed: b32('04'),
      }),
      keccak256(sampling),
    );
    const vote = encodeAbiParameters(parseAbiParameters('address, bytes32, uint32, uint8, bytes32, bytes32'), [
      router,
      b32('05'),
      2,
      1,
      b32('06'),
      b32('07'),
    ]);
    const secret = { voter: router, task: b32('05') as TaskId, round: 2, verdict: 1, evidenceHash: b32('06'), salt: b32('07') };
    assert.equal(voteCommit(secret), keccak256(vote));
  });

  it('a prompt commit is keccak256 over the salt and big-endian ids', () => {
    const ids = Uint32Array.of(0, 1, 0xffff_ffff);
    const expected = keccak256(concatHex([b32('5a'), ...[...ids].map((id) => toHex(id, { size: 4 }))]));
    assert.equal(promptCommit(b32('5a'), ids), expected);
    assert.notEqual(promptCommit(b32('5b'), ids), expected);
  });
});
