import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeTinyModel } from './tinyModel.ts';

const HOLDER = fileURLToPath(new URL('./engineHolder.ts', import.meta.url));

/** Gone, or dead and not collected yet by whoever inherits it. */
async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined || stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

describe('an engine process whose daemon is killed', function () {
  this.timeout(60_000);

  it('ends at once, also when it is in no state to notice', async function () {
    if (process.platform !== 'linux') this.skip();
    const { dir, remove } = await writeTinyModel();
    const holder = spawn(process.execPath, [HOLDER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(holder.stdout, 'data')) as [Buffer];
    const pid = Number(String(said));
    try {
      assert.equal(await isGone(pid), false);
      // As in a native call that does not return: the closed channel is never looked at.
      process.kill(pid, 'SIGSTOP');
      holder.kill('SIGKILL');
      while (!(await isGone(pid))) await turn();
    } finally {
      if (!(await isGone(pid))) process.kill(pid, 'SIGKILL');
      await remove();
    }
  });
});
