import assert from 'node:assert/strict';
import type { StoreProgress } from '../../../../src/inference/store/events.ts';
import { parseContentRange } from '../../../../src/inference/store/ranges.ts';
import { ProgressMeter } from '../../../../src/inference/store/rate.ts';
import { defaultName, parseSource } from '../../../../src/inference/store/source.ts';
import { retryAfterMs, statusError } from '../../../../src/inference/store/status.ts';
import { manualClock } from '../../../../src/util/clock.ts';

const context = { endpoint: new URL('https://huggingface.co'), cwd: '/home/me/here', home: '/home/me' };
const parse = (text: string, more = {}) => parseSource(text, { ...context, ...more });

describe('store/source', () => {
  it('understands repositories, pages of the hub, URLs and paths', () => {
    const hub = (repo: string, revision = 'main') => ({ kind: 'hub', repo, revision });
    assert.deepEqual(parse('org/name'), hub('org/name'));
    assert.deepEqual(parse('gpt2'), hub('gpt2'));
    assert.deepEqual(parse('hf://org/name@v1'), hub('org/name', 'v1'));
    assert.deepEqual(parse('org/name@v1', { revision: 'v2' }), hub('org/name', 'v2'));
    assert.deepEqual(parse('https://huggingface.co/org/name'), hub('org/name'));
    assert.deepEqual(parse('https://huggingface.co/org/name/tree/feature/x'), hub('org/name', 'feature/x'));
    const file = parse('https://huggingface.co/org/name/resolve/main/m.gguf?download=true');
    assert.equal(file.kind === 'url' && file.url.pathname, '/org/name/resolve/main/m.gguf');
    assert.deepEqual(parse('./m'), { kind: 'local', path: '/home/me/here/m' });
    assert.deepEqual(parse('~/m'), { kind: 'local', path: '/home/me/m' });
    assert.deepEqual(parse('/m/x'), { kind: 'local', path: '/m/x' });
  });

  it('STORE_SOURCE_INVALID for anything else', () => {
    for (const text of [
      '',
      'a/b/c',
      'a b',
      '-x',
      'org/..',
      'org/na--me',
      'ftp://x/y',
      'http://example.com/x.gguf',
      'https://me:pw@x/y',
      'a@',
      'a@../x',
      'a@-x',
      // A content id that lost its last letter, and one with a letter changed.
      'bafybeicunnla72p2s6bd3fwccq4ar5fjw2usuf6g45amptly6vgg7ptbg',
      'bafybeicunnla72p2s6bd3fwccq4ar5fjw2usuf6g45amptly6vgg7ptb1q',
    ])
      assert.throws(() => parse(text), { code: 'STORE_SOURCE_INVALID' }, text);
  });

  it('names a model after the last part, without the format', () => {
    assert.equal(defaultName(parse('org/SmolLM2-135M')), 'SmolLM2-135M');
    assert.equal(defaultName(parse('https://x.org/a/m%20q4.gguf')), 'm-q4');
    assert.equal(defaultName(parse('./dir/m.safetensors')), 'm');
  });
});

describe('store/headers', () => {
  it('Retry-After in seconds, as a date, and nonsense', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    assert.equal(retryAfterMs('7', now), 7_000);
    assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:09 GMT', now), 9_000);
    assert.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
    for (const text of [null, '', '-1', 'soon', '1e9']) assert.equal(retryAfterMs(text, now), undefined);
  });

  it('Content-Range: only what is whole and in order', () => {
    assert.deepEqual(parseContentRange('bytes 0-9/10'), { first: 0, last: 9, size: 10 });
    for (const text of [null, '', 'bytes */10', 'bytes 0-9/*', 'bytes 5-4/10', 'bytes 0-10/10', 'items 0-1/2', 'bytes 0-9/10, x'])
      assert.equal(parseContentRange(text), undefined, text ?? 'null');
  });

  it('statuses as codes; the hub’s words without control characters', () => {
    const of = (status: number, headers = {}) => statusError(status, new Headers(headers), new URL('https://h/x'), 0).code;
    assert.equal(of(401), 'STORE_ACCESS_DENIED');
    assert.equal(of(401, { 'x-error-code': 'RepoNotFound' }), 'STORE_REMOTE_NOT_FOUND');
    assert.equal(of(404), 'STORE_REMOTE_NOT_FOUND');
    assert.equal(of(416), 'STORE_SOURCE_CHANGED');
    assert.equal(of(429), 'STORE_REMOTE_BUSY');
    assert.equal(of(500), 'STORE_DOWNLOAD_FAILED');
    assert.equal(of(400), 'STORE_RESPONSE_INVALID');
    const error = statusError(403, new Headers({ 'x-error-message': 'a\tb' }), new URL('https://h/x'), 0);
    assert.equal(error.message, 'h answers 403: ab');
  });
});

describe('store/progress', () => {
  it('tells rate and time left, never goes back, never above the total', () => {
    const clock = manualClock();
    const told: StoreProgress[] = [];
    const meter = new ProgressMeter(
      clock,
      [
        { path: 'a', size: 400 },
        { path: 'b', size: 600 },
      ],
      (progress) => told.push(progress),
    );
    meter.set('a', 100);
    clock.advance(1_000);
    meter.set('a', 300);
    assert.deepEqual(told.at(-1), { type: 'progress', bytesDone: 300, bytesTotal: 1_000, bytesPerSecond: 200, etaMs: 3_500 });
    clock.advance(1_000);
    meter.set('a', 200);
    assert.equal(meter.done, 300);
    meter.set('b', 5_000);
    assert.equal(meter.done, 1_000);
  });

  it('tells no total while a size is not known', () => {
    const told: StoreProgress[] = [];
    const meter = new ProgressMeter(manualClock(), [{ path: 'a', size: 10 }, { path: 'b' }], (progress) => told.push(progress));
    meter.set('a', 10);
    assert.equal(told.at(-1)?.bytesTotal, undefined);
    meter.sized('b', 20);
    meter.set('b', 20);
    assert.deepEqual([told.at(-1)?.bytesDone, told.at(-1)?.bytesTotal], [30, 30]);
  });
});
