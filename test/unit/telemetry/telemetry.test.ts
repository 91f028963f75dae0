import assert from 'node:assert/strict';
import { METRICS, type MetricDefinition } from '../../../src/telemetry/catalog.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { prettyLine } from '../../../src/telemetry/pretty.ts';
import { utilError } from '../../../src/util/errors.ts';

function capture(format: 'json' | 'pretty', level = 'info') {
  const lines: string[] = [];
  return { lines, log: createLogger({ level, format, stream: { write: (line) => void lines.push(line) } }) };
}

describe('telemetry/log', () => {
  it('writes JSON with a time and a level by name, and drops what is below the level', () => {
    const { lines, log } = capture('json');
    log.debug('no');
    log.info({ task: '0x1' }, 'yes');
    assert.equal(lines.length, 1);
    const event = JSON.parse(lines[0] ?? '');
    assert.deepEqual([event.level, event.msg, event.task], ['info', 'yes', '0x1']);
    assert.ok(Date.parse(event.time));
  });

  it('redacts keys, prompts and authorization at every depth, in child loggers too', () => {
    const { lines, log } = capture('json');
    const secret = 'tell nobody';
    log.info({
      password: secret,
      req: { headers: { authorization: secret } },
      a: { privateKey: secret },
      body: { prompt: secret, messages: [secret] },
    });
    log.child({ module: 'x' }).info({ apiKey: secret, result: { text: secret } }, 'm');
    for (const line of lines) assert.ok(!line.includes(secret), line);
  });

  it('shows coded errors by code, and foreign ones without their calldata', () => {
    const { lines, log } = capture('json');
    const foreign = Object.assign(new Error('long 0xcalldata'), { shortMessage: 'reverted' });
    log.error({ err: utilError('TIMEOUT', 'late', { ms: 5n }, foreign) });
    const { err } = JSON.parse(lines[0] ?? '');
    assert.deepEqual([err.code, err.data.ms, err.cause.message], ['TIMEOUT', '5', 'reverted']);
    assert.ok(!lines[0]?.includes('calldata'));
  });

  it('pretty is one readable line per event', () => {
    const { lines, log } = capture('pretty');
    log.warn({ peers: 3 }, 'few peers');
    assert.match(lines[0] ?? '', /^.*warn.*few peers.*peers=3/);
    assert.equal(prettyLine('not json\n', false), 'not json');
  });
});

describe('telemetry/metrics', () => {
  it('exports every family of the catalogue with its help', async () => {
    const text = await createMetrics().text();
    for (const [name, metric] of Object.entries(METRICS)) assert.ok(text.includes(`# HELP ${name} ${metric.help}`), name);
  });

  it('counts, sets, observes and reads at scrape time', async () => {
    const metrics = createMetrics();
    metrics.inc('cortensord_rpc_requests_total', { method: 'net_info', code: 'ok' }, 2);
    metrics.set('cortensord_chain_healthy', {}, 1);
    metrics.observe('cortensord_http_request_seconds', { route: '/x' }, 0.02);
    let peers = 1;
    metrics.gaugeFrom('cortensord_peers', {}, () => peers);
    peers = 4;
    const text = await metrics.text();
    assert.match(text, /cortensord_rpc_requests_total\{method="net_info",code="ok"\} 2/);
    assert.match(text, /cortensord_chain_healthy 1/);
    assert.match(text, /cortensord_http_request_seconds_bucket\{le="0.025",route="\/x"\} 1/);
    assert.match(text, /cortensord_peers 4/);
  });

  it('names follow the conventions: counters end in _total, histograms name their unit and buckets', () => {
    for (const [name, metric] of Object.entries(METRICS) as [string, MetricDefinition][]) {
      assert.equal(name.endsWith('_total'), metric.type === 'counter', name);
      if (metric.type === 'histogram') assert.ok(name.endsWith(`_${metric.unit}`) && (metric.buckets?.length ?? 0) > 0, name);
    }
  });
});
