import assert from 'node:assert/strict';
import { parseDeployment, parseLayers, WORK_CONTRACTS } from '../../../src/chain/deployment.ts';
import { isCoded } from '../../../src/util/errors.ts';

const valid = {
  chainId: 31_337,
  ...Object.fromEntries(WORK_CONTRACTS.map((name) => [name, `0x${'02'.repeat(20)}`])),
  token: `0x${'Aa'.repeat(20)}`,
  governance: `0x${'07'.repeat(20)}`,
  block: 7,
};

describe('parseDeployment', () => {
  it('reads JSON text and values alike, addresses lower-cased', () => {
    assert.deepEqual(parseDeployment(JSON.stringify(valid)), parseDeployment(valid));
    assert.equal(parseDeployment(valid).token, `0x${'aa'.repeat(20)}`);
  });

  it('of a file with three layers, takes the one that is asked for', () => {
    const at = `0x${'0b'.repeat(20)}`;
    const link = { chainId: 2, oracleSet: at, anchor: at, inbox: at };
    const lower = { ...link, bridgeVault: at, stakeVault: at, account: at };
    const l1 = { chainId: 1, token: at, distribution: at, governor: at, governance: at, parameters: at, outbox: at, lower, block: 0 };
    const upper = { ...link, slashRelay: at };
    const layers = { l1, l2: { ...valid, chainId: 2, outbox: at, upper, lower }, l3: { ...valid, chainId: 3, outbox: at, upper } };
    assert.equal(parseDeployment({ layers }).chainId, 2);
    assert.equal(parseDeployment(JSON.stringify({ layers }), 'l3').chainId, 3);
    assert.deepEqual(parseLayers({ layers }).l1, l1);
    assert.throws(
      () => parseDeployment({ layers: { l1: layers.l1, l2: layers.l2 } }),
      (error) => isCoded(error, 'CHAIN_DEPLOYMENT_INVALID'),
    );
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
