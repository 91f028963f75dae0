import assert from 'node:assert/strict';
import { workerEnvironment } from '../../../src/inference/worker/environment.ts';

describe('environment of the worker process', () => {
  it('is the daemon’s without the daemon’s own settings', () => {
    const { PATH, CORTENSORD_DATA_DIR, HF_TOKEN } = workerEnvironment({ PATH: '/bin', CORTENSORD_DATA_DIR: '/data', HF_TOKEN: 'secret' });
    assert.deepEqual([PATH, CORTENSORD_DATA_DIR, HF_TOKEN], ['/bin', undefined, undefined]);
  });

  it('asks for huge pages, beside other tunables, and not against what the user says', () => {
    const tunables = (value?: string): string | undefined => workerEnvironment({ GLIBC_TUNABLES: value }).GLIBC_TUNABLES;
    assert.equal(tunables(), 'glibc.malloc.hugetlb=1');
    assert.equal(tunables('glibc.malloc.tcache_count=0'), 'glibc.malloc.tcache_count=0:glibc.malloc.hugetlb=1');
    assert.equal(tunables('glibc.malloc.hugetlb=0'), 'glibc.malloc.hugetlb=0');
  });
});
