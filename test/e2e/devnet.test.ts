import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { cliSuite } from './suites/cli.ts';
import { failuresSuite } from './suites/failures.ts';
import { restSuite } from './suites/rest.ts';
import { rpcSuite } from './suites/rpc.ts';
import { allGone, Devnet, makeHome, PATIENCE_MS } from './support.ts';

describe('a running devnet', function () {
  this.timeout(3 * PATIENCE_MS);
  let place: Awaited<ReturnType<typeof makeHome>>;
  let devnet: Devnet;
  const net = (): Devnet => devnet;
  const home = (): string => place.home;

  before(async () => {
    place = await makeHome();
    devnet = new Devnet(home());
    await devnet.up();
  });
  after(async () => {
    await devnet.finish();
    await allGone([...devnet.pids.values()]);
    await place.remove();
  });

  describe('the command line', () => cliSuite(net, home));
  describe('the REST API', () => restSuite(net));
  describe('the socket', () => rpcSuite(net));
  describe('bad luck', () => failuresSuite(net, home));

  describe('the end', () => {
    it('SIGINT takes down what is left: exit 0, no process, no devnet.json', async () => {
      const pids = await devnet.everyPid();
      devnet.kill('SIGINT');
      assert.equal((await devnet.end()).code, 0);
      await allGone(pids);
      await assert.rejects(access(join(devnet.dir, 'devnet.json')));
    });
  });
});
