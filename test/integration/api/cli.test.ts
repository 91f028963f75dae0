import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { type RpcServer, startRpcServer } from '../../../src/api/rpc/server.ts';
import { bytes32, type FakeNode, fakeNode } from './fakeNode.ts';

const bin = fileURLToPath(new URL('../../../bin/cortensord.ts', import.meta.url));

describe('cli as a process', () => {
  let home: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'cor-cli-'));
  });
  after(() => rm(home, { recursive: true, force: true }));

  async function cli(args: string[], stdin = '', env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [bin, ...args], { env: { PATH: process.env.PATH, HOME: home, ...env }, stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    const [code] = await once(child, 'close');
    return { code: code as number, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  }

  it('CLI_USAGE with exit 2 for an unknown command, in JSON when asked', async () => {
    const plain = await cli(['bogus']);
    assert.equal(plain.code, 2);
    assert.match(plain.err, /^error CLI_USAGE: unknown command 'bogus'/);
    const json = await cli(['status', '--bogus', '--json']);
    assert.equal(json.code, 2);
    assert.equal(JSON.parse(json.out).error.code, 'CLI_USAGE');
  });

  it('NODE_NOT_RUNNING with exit 69', async () => {
    const { code, out } = await cli(['status', '--json']);
    assert.equal(code, 69);
    assert.equal(JSON.parse(out).error.code, 'NODE_NOT_RUNNING');
  });

  it('CONFIG_INVALID_VALUE with exit 64 for an unknown role, ROLE_MISSING for none', async () => {
    const unknown = await cli(['start', '--role', 'minr']);
    assert.equal(unknown.code, 64);
    assert.match(unknown.err, /node\.roles\[0\].*router, miner, guard, oracle/);
    const none = await cli(['start']);
    assert.equal(none.code, 64);
    assert.match(none.err, /ROLE_MISSING/);
  });

  it('PASSWORD_MISSING when there is nobody to ask', async () => {
    const { code, err } = await cli(['start', '--role', 'router', '--data-dir', join(home, 'nobody')]);
    assert.equal(code, 64);
    assert.match(err, /PASSWORD_MISSING/);
  });

  describe('init', () => {
    it('makes closed files, and `config show --origin` tells what they set', async () => {
      const dir = join(home, 'made');
      const made = await cli([
        'init',
        '--data-dir',
        dir,
        '--role',
        'miner',
        '--no-prompt',
        '--set',
        'keys.scryptN=4096',
        '--set',
        'miner.slots=3',
        '--json',
      ]);
      assert.equal(made.code, 0, made.err);
      const { peerId, operator, configFile, passwordFile } = JSON.parse(made.out);
      assert.match(peerId, /^12D3KooW/);
      assert.match(operator, /^0x[0-9a-fA-F]{40}$/);
      assert.equal((await stat(dir)).mode & 0o777, 0o700);
      for (const path of [configFile, passwordFile, join(dir, 'keys', 'operator.json')])
        assert.equal((await stat(path)).mode & 0o777, 0o600, path);
      assert.ok(!made.out.includes((await readFile(passwordFile, 'utf8')).trim()));

      const shown = await cli(['config', 'show', '--origin', '--json', '--data-dir', dir], '', { CORTENSORD_LOG_LEVEL: 'warn' });
      const entries: { key: string; value: unknown; origin: string }[] = JSON.parse(shown.out);
      const of = (key: string) => entries.find((entry) => entry.key === key);
      assert.deepEqual(of('node.roles')?.value, ['miner']);
      assert.match(of('miner.slots')?.origin ?? '', /^file .*cortensord\.toml:\d+$/);
      assert.equal(of('keys.passwordFile')?.value, passwordFile);
      assert.equal(of('log.level')?.origin, 'env CORTENSORD_LOG_LEVEL');
      assert.equal(of('dataDir')?.origin, 'flag --data-dir');

      const again = await cli(['init', '--data-dir', dir, '--no-prompt']);
      assert.equal(again.code, 73);
      assert.match(again.err, /KEY_FILE_EXISTS/);
    });

    it('PASSWORD_MISSING leaves no half-made identity', async () => {
      const dir = join(home, 'half');
      const { code } = await cli(['init', '--data-dir', dir]);
      assert.equal(code, 64);
      await assert.rejects(stat(join(dir, 'keys', 'operator.json')));
    });
  });

  describe('against a running node', () => {
    let node: FakeNode;
    let server: RpcServer;
    const socket = () => join(home, '.cortensord', 'devnet', 'router', 'cortensord.sock');

    before(async () => {
      node = fakeNode();
      server = await startRpcServer({ path: socket(), service: node, version: '1', log: pino({ level: 'silent' }), connectionsMax: 8 });
      await mkdir(join(home, '.cortensord', 'devnet'), { recursive: true });
      await writeFile(join(home, '.cortensord', 'devnet', 'devnet.json'), JSON.stringify({ socket: socket(), pid: process.pid }));
    });
    after(() => server.close());

    it('finds the devnet’s router by itself, a node by --socket or CORTENSORD_SOCKET, and not the devnet when a data dir is named', async () => {
      for (const [args, env] of [
        [[], {}],
        [['--socket', socket()], {}],
        [[], { CORTENSORD_SOCKET: socket() }],
      ] as [string[], Record<string, string>][]) {
        const { code, out } = await cli(['status', '--json', ...args], '', env);
        assert.equal(code, 0);
        assert.equal(JSON.parse(out).peerId, '12D3KooWFake');
      }
      assert.equal((await cli(['status', '--data-dir', join(home, 'other')])).code, 69);
    });

    it('status, peers and sessions in text', async () => {
      assert.match((await cli(['status'])).out, /chain +31337, block 7, healthy/);
      assert.match((await cli(['peers'])).out, /12D3KooWPeer +miner/);
      assert.match((await cli(['session', 'create', '--deposit', '2.5'])).out, /deposit +2\.5 COR[\s\S]*API key +cor-fake/);
      assert.match((await cli(['session', 'list'])).out, /open/);
      assert.match((await cli(['session', 'close', bytes32('02')])).out, /state +closed/);
      assert.match((await cli(['session', 'show', '0x12'])).err, /Invalid params: session/);
    });

    it('chat answers an argument or standard input: tokens on stdout, the receipt on stderr', async () => {
      const argument = await cli(['chat', 'words a b']);
      assert.equal(argument.code, 0, argument.err);
      assert.equal(argument.out, 'a b \n');
      assert.match(argument.err, /7\+2 tokens/);
      assert.equal((await cli(['chat'], 'words c\n')).out, 'c \n');
      assert.equal(JSON.parse((await cli(['chat', 'words d', '--json'])).out).answer, 'd ');
    });

    it('chat ends with the code of what went wrong', async () => {
      const { code, err } = await cli(['chat', 'empty']);
      assert.equal(code, 1);
      assert.match(err, /^error SESSION_EMPTY: .*\n {2}Top the session up\./);
    });

    it('Ctrl-C cancels the work of chat and exits 130', async () => {
      const child = spawn(process.execPath, [bin, 'chat', 'hang a'], {
        env: { PATH: process.env.PATH, HOME: home },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(child.stdout, 'data');
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      assert.equal(code, 130);
      await node.router.cancelled;
    });
  });
});
