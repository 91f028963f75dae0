import assert from 'node:assert/strict';
import { encodeErrorResult, HttpRequestError, RpcRequestError } from 'viem';
import { sessionManagerAbi } from '../../../src/chain/generated/SessionManager.ts';
import { decodeRevert, isTransport, toChainError } from '../../../src/chain/rpc.ts';

const SESSION = `0x${'07'.repeat(32)}` as const;
const data = encodeErrorResult({ abi: sessionManagerAbi, errorName: 'AlreadyClosed', args: [SESSION] });

describe('toChainError', () => {
  it("CHAIN_REVERTED carries the contract's error by name", () => {
    const error = new RpcRequestError({ body: {}, error: { code: 3, message: 'execution reverted', data }, url: 'http://secret' });
    const coded = toChainError('topUp', error);
    assert.equal(coded.code, 'CHAIN_REVERTED');
    assert.equal(coded.data.error, 'AlreadyClosed');
    assert.equal(coded.message, `topUp: AlreadyClosed(${SESSION})`);
  });

  it('CHAIN_UNREACHABLE when the endpoint does not answer, without its URL', () => {
    const error = new HttpRequestError({ url: 'http://secret', body: { data: '0xcalldata' } });
    assert.ok(isTransport(error));
    const coded = toChainError('poll', error);
    assert.equal(coded.code, 'CHAIN_UNREACHABLE');
    assert.ok(!/secret|calldata/.test(coded.message));
  });

  it('CHAIN_TX_REFUSED for anything else that the endpoint says', () => {
    const error = new RpcRequestError({ body: {}, error: { code: -32_000, message: 'insufficient funds' }, url: 'http://secret' });
    assert.equal(toChainError('settle', error).code, 'CHAIN_TX_REFUSED');
  });

  it('a coded error stays as it is', () => {
    const coded = toChainError('settle', new Error('x'));
    assert.equal(toChainError('other', coded), coded);
  });
});

describe('decodeRevert', () => {
  it('names an error of another contract by its selector', () => {
    assert.deepEqual(decodeRevert('0xdeadbeef'), { name: '0xdeadbeef', args: [] });
  });

  it('a revert without data is without reason', () => {
    assert.equal(decodeRevert('0x').name, 'without reason');
  });
});
