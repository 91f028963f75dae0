import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { allGone, Devnet, makeHome, PATIENCE_MS } from './support.ts';

describe('a devnet that is cut short leaves no process behind', function () {
  this.timeout(3 * PATIENCE_MS);
  let place: Awaited<ReturnType<typeof makeHome>>;
  let devnet: Devnet;
  let pids: number[] = [];
  beforeEach(async () => {
    place = await makeHome();
    devnet = new Devnet(place.home);
  });
  afterEach(async () => {
    await devnet.finish();
    await allGone(pids);
    await place.remove();
  });

  it('kill -9 of the parent: nodes and chain end by themselves, and the next devnet takes the place over', async () => {
    await devnet.formed();
    pids = await devnet.everyPid();
    assert.equal(devnet.pids.size, 8);
    devnet.kill('SIGKILL');
    await devnet.end();
    await allGone(pids);

    devnet = new Devnet(place.home);
    await devnet.printed(/router-1 +up/);
    pids = await devnet.everyPid();
    devnet.kill('SIGINT');
    assert.equal((await devnet.end()).code, 0);
  });

  it('Ctrl-C while it comes up: exit 0; with --once, which promised an answer, 130', async () => {
    await devnet.printed(/router-1 +up/);
    pids = await devnet.everyPid();
    devnet.kill('SIGINT');
    assert.equal((await devnet.end()).code, 0);
    await allGone(pids);
    await assert.rejects(access(join(devnet.dir, 'devnet.json')));

    devnet = new Devnet(place.home, ['--once', '--json']);
    await devnet.printed(/router-1 +up/);
    pids = await devnet.everyPid();
    devnet.kill('SIGTERM');
    const { code, out } = await devnet.end();
    assert.equal(code, 130);
    assert.equal(JSON.parse(out).error.code, 'CANCELLED');
  });
});
