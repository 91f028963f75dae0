import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDeployment } from '../../src/chain/deployment.ts';
import { PARAMETERS } from '../../src/chain/generated/parameterTable.ts';
import { DEPOSIT } from '../../src/devnet/plan.ts';
import { verifyReceipt } from '../../src/sdk/index.ts';
import { allGone, Devnet, makeHome, PATIENCE_MS } from './support.ts';

/** What `devnet --once --json` prints, as its readers see it. */
interface Report {
  answer: string;
  model: string;
  miner: { name: string; operator: string };
  tokens: { prompt: number; completion: number };
  cost: string;
  receipt: { receipt: Record<string, string | number>; signature: string };
  verdicts: { guard: string; operator: string; verdict: string }[];
  settlement: { tx: string; block: number; epoch: number } | null;
  balances: { before: Record<string, string>; after: Record<string, string> };
  timings: { up_ms: number; ttft_ms: number; total_ms: number };
  endpoints: { rest: string; rpc: string; chain: string; nodes: Record<string, string> };
}

const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const GUARDS = ['guard-1', 'guard-2', 'guard-3'];

/** One whole run. Every process that it had while it was up is known, so that those left behind can be named. */
async function runOnce(args: string[]) {
  const { home, remove } = await makeHome();
  const devnet = new Devnet(home, ['--once', '--json', ...args]);
  let pids: number[] = [];
  try {
    await devnet.formed();
    pids = await devnet.everyPid();
    const ended = await devnet.end();
    assert.equal(ended.code, 0, `${ended.out}${ended.err}`);
    const lines = ended.out.trimEnd().split('\n');
    assert.equal(lines.length, 1, 'one line on standard output');
    const report = JSON.parse(lines[0] ?? '') as Report;
    const deployment = parseDeployment(JSON.parse(await readFile(join(devnet.dir, 'deployment.json'), 'utf8')));
    return { ended, report, deployment, pids, nodePids: devnet.pids };
  } finally {
    await devnet.finish();
    await allGone(pids);
    await remove();
  }
}

type Run = Awaited<ReturnType<typeof runOnce>>;

/** Receipts travel with wei as decimal strings. */
function parsedReceipt({ receipt, signature }: Report['receipt']): Parameters<typeof verifyReceipt>[1] {
  const wei = { promptPrice: BigInt(receipt.promptPrice ?? 0), completionPrice: BigInt(receipt.completionPrice ?? 0) };
  return { receipt: { ...receipt, ...wei }, signature } as unknown as Parameters<typeof verifyReceipt>[1];
}

function change({ balances }: Report, name: string): bigint {
  return BigInt(balances.after[name] ?? 0) - BigInt(balances.before[name] ?? 0);
}

function receiptIsSound({ report, deployment }: Run): void {
  const { receipt } = report.receipt;
  const check = verifyReceipt(deployment, parsedReceipt(report.receipt));
  assert.equal(check.signed, true);
  assert.equal(check.cost.toString(), report.cost);
  assert.deepEqual(report.tokens, { prompt: receipt.promptTokens, completion: receipt.completionTokens });
  assert.equal(String(receipt.miner).toLowerCase(), report.miner.operator.toLowerCase());
  assert.match(String(receipt.task), HASH);
}

function threeGuardsSay(report: Report, verdict: string): void {
  assert.deepEqual(report.verdicts.map(({ guard }) => guard).sort(), GUARDS);
  assert.equal(new Set(report.verdicts.map(({ operator }) => operator.toLowerCase())).size, 3);
  assert.deepEqual(new Set(report.verdicts.map((one) => one.verdict)), new Set([verdict]));
}

/** Processes of a devnet with this many nodes: itself, the chain with its watchdog, the nodes; all of them have ended by now. */
function hadProcesses({ pids, nodePids }: Run, nodes: number): void {
  assert.equal(nodePids.size, nodes);
  for (const pid of nodePids.values()) assert.ok(pids.includes(pid));
  assert.ok(pids.length >= nodes + 2);
}

describe('devnet --once --json', function () {
  this.timeout(3 * PATIENCE_MS);
  let run: Run;
  before(async () => {
    run = await runOnce([]);
  });

  it('answers, and tells who answered, where and how fast', () => {
    const { answer, model, miner, timings, endpoints } = run.report;
    assert.notEqual(answer.trim(), '');
    assert.notEqual(model, '');
    assert.match(miner.name, /^miner-[123]$/);
    assert.match(miner.operator, ADDRESS);
    assert.ok(timings.up_ms > 0 && timings.ttft_ms > 0 && timings.total_ms >= timings.up_ms + timings.ttft_ms);
    assert.match(endpoints.rest, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    assert.match(endpoints.chain, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.match(endpoints.rpc, /cortensord\.sock$/);
    assert.equal(Object.keys(endpoints.nodes).length, 8);
    for (const address of Object.values(endpoints.nodes)) assert.match(address, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW/);
  });

  it('shows a receipt that anybody can check against the deployment, and that no other deployment accepts', () => {
    receiptIsSound(run);
    const other = { ...run.deployment, nodeRegistry: run.deployment.token };
    assert.equal(verifyReceipt(other, parsedReceipt(run.report.receipt)).signed, false);
  });

  it('shows three guards who found it VALID', () => threeGuardsSay(run.report, 'VALID'));

  it('names the settlement transaction', () => {
    const { settlement } = run.report;
    assert.match(settlement?.tx ?? '', HASH);
    assert.ok((settlement?.block ?? 0) > 0);
    assert.ok((settlement?.epoch ?? 0) > 0);
  });

  it('the client locked the deposit, the miner has 90 % of the cost, and nobody more than a share', () => {
    const { report } = run;
    const cost = BigInt(report.cost);
    assert.ok(cost > 0n);
    assert.equal(change(report, 'client'), -DEPOSIT);
    const part = (bps: bigint): bigint => (cost * bps) / 10_000n;
    const shares = {
      router: part(PARAMETERS.RouterBps.value),
      guard: part(PARAMETERS.GuardsBps.value) / 3n,
      oracle: part(PARAMETERS.OracleBps.value),
    };
    const paid = shares.router + 3n * shares.guard + shares.oracle + part(PARAMETERS.TreasuryBps.value);
    assert.equal(change(report, report.miner.name), cost - paid);
    assert.equal(cost - paid, part(9_000n), 'prices are round: nothing is left over');
    for (const name of Object.keys(report.balances.before)) {
      if (name === 'client' || name === report.miner.name) continue;
      // Others claim in their own time: nothing yet, or all of it.
      const share = { router: shares.router, guard: shares.guard, oracle: shares.oracle, miner: 0n }[name.split('-')[0] ?? ''];
      assert.ok([0n, share].includes(change(report, name)), `${name} got ${change(report, name)}`);
    }
  });

  it('tells its story on standard error', () => {
    assert.match(run.ended.err, /network formed: 8 nodes found each other through the DHT/);
  });

  it('leaves no process behind', () => hadProcesses(run, 8));
});

describe('devnet --once --json --bad-miner', function () {
  this.timeout(3 * PATIENCE_MS);
  let run: Run;
  before(async () => {
    run = await runOnce(['--bad-miner']);
  });

  it('the tampering miner is found INVALID by all guards, from a receipt that is in order', () => {
    assert.equal(run.report.miner.name, 'miner-x');
    threeGuardsSay(run.report, 'INVALID');
    receiptIsSound(run);
  });

  it('nothing is settled and nobody is paid', () => {
    const { report } = run;
    assert.equal(report.settlement, null);
    assert.equal(change(report, 'client'), -DEPOSIT);
    for (const name of Object.keys(report.balances.before)) {
      if (name !== 'client') assert.equal(change(report, name), 0n, name);
    }
  });

  it('leaves no process behind', () => hadProcesses(run, 9));
});
