import assert from 'node:assert/strict';
import { parseDeployment } from '../../../src/chain/deployment.ts';
import { isCoded } from '../../../src/util/errors.ts';

const valid = {
  chainId: 31_337,
  token: `0x${'Aa'.repeat(20)}`,
  parameters: `0x${'06'.repeat(20)}`,
  stakeVault: `0x${'02'.repeat(20)}`,
  nodeRegistry: `0x${'03'.repeat(20)}`,
  sessionManager: `0x${'04'.repeat(20)}`,
  settlement: `0x${'05'.repeat(20)}`,
  block: 7,
};

describe('parseDeployment', () => {
  it('reads JSON text and values alike, addresses lower-cased', () => {
    assert.deepEqual(parseDeployment(JSON.stringify(valid)), parseDeployment(valid));
    assert.equal(parseDeployment(valid).token, `0x${'aa'.repeat(20)}`);
  });

  const wrong: Record<string, unknown> = {
    'text that is not JSON': '{',
    'a missing address': { ...valid, token: undefined },
    'a short address': { ...valid, token: '0x01' },
    'an unknown field': { ...valid, owner: valid.token },
    'a chain id of zero': { ...valid, chainId: 0 },
    'a block before the first': { ...valid, block: -1 },
    'an array': [valid],
  };
  for (const [name, json] of Object.entries(wrong)) {
    it(`CHAIN_DEPLOYMENT_INVALID for ${name}`, () => {
      assert.throws(
        () => parseDeployment(json),
        (error) => isCoded(error, 'CHAIN_DEPLOYMENT_INVALID'),
      );
    });
  }
});
