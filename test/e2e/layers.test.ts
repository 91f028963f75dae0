import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseLayers } from '../../src/chain/deployment.ts';
import { cli, makeHome, PATIENCE_MS, Running, rpc } from './support.ts';

const DEPLOY = fileURLToPath(new URL('../../scripts/deployLayers.ts', import.meta.url));

describe('npm run deploy:layers', function () {
  this.timeout(3 * PATIENCE_MS);
  let place: Awaited<ReturnType<typeof makeHome>>;
  let chains: Running;
  let file: string;

  before(async () => {
    place = await makeHome();
    file = join(place.home, 'layers.json');
    chains = new Running(place.home, ['--out', file], {}, DEPLOY);
    await chains.printed(/run until Ctrl-C/);
  });
  after(async () => {
    await chains?.finish();
    await place.remove();
  });

  for (const layer of ['l2', 'l3'] as const) {
    it(`a node works on ${layer} with the file that it wrote`, async () => {
      const rpcUrl = new RegExp(`^${layer} .* (http\\S+)$`, 'm').exec(chains.out)?.[1];
      assert.ok(rpcUrl);
      const dir = join(place.home, layer);
      const settings = [
        'keys.scryptN=4096',
        `chain.rpcUrl=${rpcUrl}`,
        `chain.deploymentFile=${file}`,
        `chain.layer=${layer}`,
        'network.listen=/ip4/127.0.0.1/tcp/0',
        'api.rest.port=0',
        'log.format=json',
      ];
      const flags = settings.flatMap((setting) => ['--set', setting]);
      const { code, err } = await cli(place.home, ['init', '--data-dir', dir, '--role', 'oracle', '--no-prompt', ...flags]);
      assert.equal(code, 0, err);
      const node = new Running(place.home, ['start', '--data-dir', dir]);
      try {
        await node.printed(/"msg":"ready"/);
        const deployment = await rpc(join(dir, 'cortensord.sock'), 'chain_deployment', {});
        assert.deepEqual(deployment, parseLayers(await readFile(file, 'utf8'))[layer]);
      } finally {
        await node.finish();
      }
    });
  }

  it('ends with its chains on SIGTERM', async () => {
    chains.kill('SIGTERM');
    assert.equal((await chains.end()).code, 0);
  });
});
