import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { mnemonicToAccount } from 'viem/accounts';
import { type Anvil, startAnvil } from '../../src/chain/anvil.ts';
import { deployAll } from '../../src/chain/deploy/index.ts';
import type { Deployment } from '../../src/chain/deployment.ts';
import { ANVIL_CHAIN_ID, ANVIL_MNEMONIC, cli, makeHome, PATIENCE_MS, Running, rpc, until } from './support.ts';

describe('start', function () {
  this.timeout(3 * PATIENCE_MS);
  let place: Awaited<ReturnType<typeof makeHome>>;
  let anvil: Anvil;
  let deployment: Deployment;
  /** A node that lacks nothing; every test spoils one thing. */
  let good: string;
  let nodes = 0;

  before(async () => {
    place = await makeHome();
    anvil = await startAnvil({ chainId: ANVIL_CHAIN_ID });
    const deployerAccount = mnemonicToAccount(ANVIL_MNEMONIC);
    const treasury = mnemonicToAccount(ANVIL_MNEMONIC, { addressIndex: 1 }).address;
    deployment = await deployAll({ rpcUrl: anvil.rpcUrl, chainId: ANVIL_CHAIN_ID, deployerAccount, treasury });
    good = await initiated('oracle');
  });
  after(async () => {
    await anvil.close();
    await place.remove();
  });

  async function initiated(role: string): Promise<string> {
    nodes += 1;
    const dir = join(place.home, `n${nodes}`);
    const settings = [
      'keys.scryptN=4096',
      `chain.rpcUrl=${anvil.rpcUrl}`,
      'network.listen=/ip4/127.0.0.1/tcp/0',
      'api.rest.port=0',
      'log.format=json',
    ];
    const { code, err } = await cli(place.home, [
      ...['init', '--data-dir', dir, '--role', role, '--no-prompt'],
      ...settings.flatMap((setting) => ['--set', setting]),
    ]);
    assert.equal(code, 0, err);
    await writeFile(join(dir, 'deployment.json'), JSON.stringify(deployment));
    return dir;
  }

  /** Ends with this exit code and names the error on standard error. */
  async function fails(exit: number, errorCode: string, args: readonly string[], dir = good): Promise<string> {
    const { code, err } = await cli(place.home, ['start', '--data-dir', dir, ...args]);
    assert.match(err, new RegExp(`^error ${errorCode}: `, 'm'));
    assert.equal(code, exit, err);
    return err;
  }

  it('CONFIG_INVALID_VALUE 64 for an unknown role, with the roles there are', async () => {
    assert.match(await fails(64, 'CONFIG_INVALID_VALUE', ['--role', 'minr']), /router.*miner.*guard.*oracle/);
  });

  it('CONFIG_UNKNOWN_KEY 64 with a suggestion, by flag and in the file', async () => {
    assert.match(await fails(64, 'CONFIG_UNKNOWN_KEY', ['--set', 'api.rest.prot=1']), /api\.rest\.port/);
    const dir = await initiated('router');
    await appendFile(join(dir, 'cortensord.toml'), '\n[minner]\nslots = 2\n');
    assert.match(await fails(64, 'CONFIG_UNKNOWN_KEY', [], dir), /miner/);
  });

  it('CONFIG_INVALID_VALUE 64 for a value out of bounds, CONFIG_FILE_SYNTAX 64 for no TOML', async () => {
    assert.match(await fails(64, 'CONFIG_INVALID_VALUE', ['--set', 'api.rest.port=70000']), /api\.rest\.port.*65,?535/);
    const dir = await initiated('router');
    await writeFile(join(dir, 'cortensord.toml'), 'this is = = no toml');
    await fails(64, 'CONFIG_FILE_SYNTAX', [], dir);
  });

  it('CONFIG_CONFLICT 64 for misbehaviour on a real node', async () => {
    await fails(64, 'CONFIG_CONFLICT', ['--role', 'miner', '--set', 'miner.fault=tamper']);
  });

  it('DEPLOYMENT_UNREADABLE 64 when there is no deployment file', async () => {
    const dir = await initiated('oracle');
    await rm(join(dir, 'deployment.json'));
    assert.match(await fails(64, 'DEPLOYMENT_UNREADABLE', [], dir), /deployment\.json/);
  });

  it('CHAIN_WRONG_ID 78 when the endpoint serves another chain', async () => {
    const other = await startAnvil({ chainId: 1_338 });
    try {
      assert.match(await fails(78, 'CHAIN_WRONG_ID', ['--set', `chain.rpcUrl=${other.rpcUrl}`]), /1338.*31337/);
    } finally {
      await other.close();
    }
  });

  it('CHAIN_NO_CONTRACT 78 when the chain has nothing at the address', async () => {
    const dir = await initiated('oracle');
    await writeFile(join(dir, 'deployment.json'), JSON.stringify({ ...deployment, settlement: `0x${'42'.repeat(20)}` }));
    assert.match(await fails(78, 'CHAIN_NO_CONTRACT', [], dir), /settlement/);
  });

  it('CHAIN_UNREACHABLE 69 when nothing answers', async () => {
    await fails(69, 'CHAIN_UNREACHABLE', ['--set', 'chain.rpcUrl=http://127.0.0.1:1']);
  });

  it('REST_PORT_IN_USE 73 when another program has the port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      assert.match(await fails(73, 'REST_PORT_IN_USE', ['--set', `api.rest.port=${port}`]), new RegExp(String(port)));
    } finally {
      server.close();
    }
  });

  it('KEY_FILE_MISSING 66 without an identity, KEYSTORE_WRONG_PASSWORD 77 with a wrong password', async () => {
    const empty = join(place.home, 'empty');
    await mkdir(empty, { mode: 0o700 });
    for (const name of ['cortensord.toml', 'password', 'deployment.json']) await copyFile(join(good, name), join(empty, name));
    await fails(66, 'KEY_FILE_MISSING', [], empty);

    const dir = await initiated('oracle');
    await writeFile(join(dir, 'password'), 'not this one\n', { mode: 0o600 });
    await fails(77, 'KEYSTORE_WRONG_PASSWORD', [], dir);
    await rm(join(dir, 'password'));
    await fails(64, 'SECRET_FILE_UNREADABLE', [], dir);
  });

  it('NO_MODEL 65 when a role is left without a model, with what is wrong with each', async () => {
    const empty = join(place.home, 'no-model');
    await mkdir(empty);
    for (const role of ['miner', 'guard', 'router']) {
      const err = await fails(65, 'NO_MODEL', ['--set', `${role}.modelDirs=model:none,${empty}`], await initiated(role));
      assert.match(err, /model:none: STORE_MODEL_UNKNOWN: /);
      assert.match(err, /no-model: MODEL_FILE_MISSING: .*\. A model folder holds/);
    }
  });

  it('a node shares a model, and another machine pulls it by its content id', async () => {
    const holder = await initiated('oracle');
    const weights = randomBytes(600_000);
    await mkdir(join(place.home, 'mine'));
    await writeFile(join(place.home, 'mine', 'model.safetensors'), weights);
    const local = ['--set', 'network.allowPrivateAddresses=true'];
    const imported = await cli(place.home, ['model', 'import', join(place.home, 'mine'), 'm', '--share', '--json', '--data-dir', holder]);
    const { cid } = JSON.parse(imported.out);
    const alone = await cli(place.home, ['model', 'pull', cid, '--data-dir', join(place.home, 'other')]);
    assert.match(alone.err, /^error STORE_NO_PEERS: /m);
    const node = new Running(place.home, ['start', '--data-dir', holder, ...local]);
    try {
      await node.printed(/"msg":"ready"/);
      const { addresses } = await rpc(join(holder, 'cortensord.sock'), 'net_info', {});
      const args = ['model', 'pull', cid, '--name', 'm', '--json', '--data-dir', join(place.home, 'other'), ...local];
      const pulled = await cli(place.home, [...args, '--set', `network.bootstrap=${addresses[0]}`]);
      assert.equal(pulled.code, 0, pulled.err);
      const { folder, cid: same } = JSON.parse(pulled.out);
      assert.equal(same, cid);
      assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
    } finally {
      await node.finish();
    }
  });

  describe('a lone node', () => {
    let node: Running;
    before(async () => {
      const nobody = '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWATmpZKWdh1FGz9HwsVSWKJ5MZMktmna2CtwefJDnLaN9';
      node = new Running(place.home, ['start', '--data-dir', good, '--set', `network.bootstrap=${nobody}`]);
      await node.printed(/"msg":"ready"/);
    });
    after(() => node.finish());
    const status = () => rpc(join(good, 'cortensord.sock'), 'node_status', {});

    it('without peers and without stake stays up and says what is missing', async () => {
      const { ready, problems, roles } = await status();
      assert.deepEqual(roles, ['oracle']);
      assert.equal(ready, false);
      assert.match(problems.join('; '), /not registered and staked as oracle.*no peer is connected/);
    });

    it('STORAGE_IN_USE 73 for a second node on its data dir, and the first goes on', async () => {
      await fails(73, 'STORAGE_IN_USE', []);
      assert.deepEqual((await status()).roles, ['oracle']);
    });

    it('survives a chain that goes away, and follows it again when it is back', async () => {
      const before = await status();
      assert.equal(before.chain.healthy, true);
      process.kill(anvil.pid, 'SIGSTOP');
      try {
        await until('the chain problem', async () => !(await status()).chain.healthy);
      } finally {
        process.kill(anvil.pid, 'SIGCONT');
      }
      await until('the chain again', async () => (await status()).chain.healthy);
    });

    it('`stop` ends it: exit 0, and the socket is gone', async () => {
      const { code } = await cli(place.home, ['stop', '--data-dir', good]);
      assert.equal(code, 0);
      assert.equal((await node.end()).code, 0);
      await assert.rejects(status());
    });
  });

  it('SIGTERM and SIGINT: exit 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const node = new Running(place.home, ['start', '--data-dir', good]);
      try {
        await node.printed(/"msg":"ready"/);
        node.kill(signal);
        assert.equal((await node.end()).code, 0);
      } finally {
        await node.finish();
      }
    }
  });
});
