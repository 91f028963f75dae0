import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, cp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mnemonicToAccount } from 'viem/accounts';
import { type Anvil, startAnvil } from '../../src/chain/anvil.ts';
import { deployAll } from '../../src/chain/deploy/index.ts';
import { writeTinyModel } from '../integration/inference/tinyModel.ts';
import { ANVIL_CHAIN_ID, ANVIL_MNEMONIC, type Ended, makeHome, PATIENCE_MS, Running, rpc } from './support.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the package as it is built', function () {
  this.timeout(3 * PATIENCE_MS);
  let place: Awaited<ReturnType<typeof makeHome>>;
  let anvil: Anvil;
  /** Compiled, in a folder of its own, with what the package has beside it. */
  let binary: string;
  let dataDir: string;

  before(async () => {
    place = await makeHome();
    const built = join(place.home, 'package');
    dataDir = join(place.home, 'd');
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(built, 'dist')];
    await promisify(execFile)(process.execPath, args);
    await copyFile(join(ROOT, 'package.json'), join(built, 'package.json'));
    await cp(join(ROOT, 'models/default'), join(built, 'models/default'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(built, 'node_modules'));
    binary = join(built, 'dist/bin/cortensord.js');
    anvil = await startAnvil({ chainId: ANVIL_CHAIN_ID });
  });
  after(async () => {
    await anvil?.close();
    await place.remove();
  });

  const start = (...args: string[]): Running => new Running(place.home, [...args, '--data-dir', dataDir], {}, binary);
  async function run(...args: string[]): Promise<Ended> {
    const running = start(...args);
    try {
      const ended = await running.end();
      assert.equal(ended.code, 0, `${ended.out}${ended.err}`);
      return ended;
    } finally {
      await running.finish();
    }
  }

  it('takes a model in and tries it out in a process of its own', async () => {
    const tiny = await writeTinyModel();
    try {
      const { out } = await run('model', 'import', tiny.dir, 'tiny', '--json');
      assert.equal(JSON.parse(out).engine, 'runs it');
    } finally {
      await tiny.remove();
    }
  });

  it('starts a miner, whose engine is a process with both models', async () => {
    const deployerAccount = mnemonicToAccount(ANVIL_MNEMONIC);
    const treasury = mnemonicToAccount(ANVIL_MNEMONIC, { addressIndex: 1 }).address;
    const deployment = await deployAll({ rpcUrl: anvil.rpcUrl, chainId: ANVIL_CHAIN_ID, deployerAccount, treasury });
    const settings = [
      'keys.scryptN=4096',
      `chain.rpcUrl=${anvil.rpcUrl}`,
      'network.listen=/ip4/127.0.0.1/tcp/0',
      'api.rest.port=0',
      'log.format=json',
      'miner.modelDirs=default,model:tiny',
    ];
    await run('init', '--role', 'miner', '--no-prompt', ...settings.flatMap((setting) => ['--set', setting]));
    await writeFile(join(dataDir, 'deployment.json'), JSON.stringify(deployment));
    const node = start('start');
    try {
      await node.printed(/"msg":"ready"/);
      const { engine, refusedModels } = await rpc(join(dataDir, 'cortensord.sock'), 'node_status', {});
      assert.deepEqual(refusedModels, []);
      assert.deepEqual(engine?.models, ['cortensor-default', 'tiny-tiny']);
      assert.ok(engine.pid !== undefined && engine.pid !== node.pid);
      node.kill('SIGTERM');
      assert.equal((await node.end()).code, 0);
    } finally {
      await node.finish();
    }
  });
});
