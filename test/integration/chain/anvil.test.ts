import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startAnvil } from '../../../src/chain/anvil.ts';
import { connectRpc } from '../../../src/chain/rpc.ts';
import { isCoded } from '../../../src/util/errors.ts';

describe('anvil', function () {
  this.timeout(30_000);

  it('listens on a free port with the chain id, and ends when closed', async () => {
    const anvil = await startAnvil({ chainId: 77, blockTimeSeconds: 1, mixedMining: true });
    assert.equal(await connectRpc(anvil.rpcUrl).getChainId(), 77);
    await anvil.close();
    await anvil.close();
    assert.throws(() => process.kill(anvil.pid, 0));
  });

  it('ANVIL_FAILED when the port is taken', async () => {
    const first = await startAnvil({ chainId: 1 });
    await assert.rejects(startAnvil({ chainId: 1, port: first.port }), (error) => isCoded(error, 'ANVIL_FAILED'));
    await first.close();
  });

  it('dies with a process that was killed', async () => {
    const script = `import { startAnvil } from ${JSON.stringify(new URL('../../../src/chain/anvil.ts', import.meta.url).href)};
      const anvil = await startAnvil({ chainId: 1 }); console.log(anvil.pid); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = await new Promise<[number]>((resolve) => createInterface(parent.stdout).once('line', (line) => resolve([Number(line)])));
    assert.ok(process.kill(pid, 0));
    parent.kill('SIGKILL');
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
