import assert from 'node:assert/strict';
import { accessGate, hostName, isLoopback } from '../../../src/api/rest/access.ts';

describe('api/rest/access', () => {
  it('knows loopback addresses', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) assert.ok(isLoopback(host), host);
    for (const host of ['0.0.0.0', '::', '192.168.0.2', 'example.org', '128.0.0.1', '']) assert.ok(!isLoopback(host), host);
  });

  it('takes the name out of a Host header', () => {
    assert.deepEqual(['LocalHost:80', '[::1]:80', '[::1]', '127.0.0.1', 'a.b:1'].map(hostName), [
      'localhost',
      '::1',
      '::1',
      '127.0.0.1',
      'a.b',
    ]);
  });

  it('lets a page of this very server call it', () => {
    const gate = accessGate({ allowedHosts: ['localhost'], allowedOrigins: [], accessToken: undefined });
    assert.equal(gate({ host: 'localhost:4411', origin: 'http://localhost:4411' }, false), 'http://localhost:4411');
    assert.throws(() => gate({ host: 'localhost:4411', origin: 'http://localhost:1' }, false), { code: 'ORIGIN_NOT_ALLOWED' });
    assert.throws(() => gate({ host: 'localhost.evil:4411' }, false), { code: 'HOST_NOT_ALLOWED' });
    assert.throws(() => gate({}, true), { code: 'HOST_NOT_ALLOWED' });
  });
});
