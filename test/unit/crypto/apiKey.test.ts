import assert from 'node:assert/strict';
import { privateKeyToAccount } from 'viem/accounts';
import { API_KEY_CHARS, createApiKey, encodeApiKey, parseApiKey, signerOfApiKey } from '../../../src/crypto/apiKey.ts';
import type { SessionId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';

const CONTRACTS = {
  chainId: 31_337,
  nodeRegistry: `0x${'a1'.repeat(20)}`,
  sessionManager: `0x${'a2'.repeat(20)}`,
  settlement: `0x${'a3'.repeat(20)}`,
} as const;
const client = privateKeyToAccount(`0x${'22'.repeat(32)}`);
const router = `0x${'ab'.repeat(20)}` as const;
const KEY = { session: `0x${'51'.repeat(32)}` as SessionId, router, expiresAt: 2_000 };
const code = (expected: string) => (error: unknown) => isCoded(error, expected);

describe('crypto/apiKey', () => {
  it('a key says who made it', async () => {
    const text = await createApiKey(CONTRACTS, KEY, client);
    assert.match(text, /^cor-[A-Za-z0-9_-]+$/);
    assert.equal(text.length, API_KEY_CHARS);
    const parsed = parseApiKey(text);
    assert.deepEqual(parsed.key, KEY);
    assert.equal(encodeApiKey(parsed), text);
    assert.equal(signerOfApiKey(CONTRACTS, parsed, router, 1_999), client.address.toLowerCase());
  });

  it('API_KEY_EXPIRED at its last millisecond', async () => {
    const parsed = parseApiKey(await createApiKey(CONTRACTS, KEY, client));
    assert.throws(() => signerOfApiKey(CONTRACTS, parsed, router, 2_000), code('API_KEY_EXPIRED'));
  });

  it('API_KEY_WRONG_ROUTER at another router', async () => {
    const parsed = parseApiKey(await createApiKey(CONTRACTS, KEY, client));
    assert.throws(() => signerOfApiKey(CONTRACTS, parsed, CONTRACTS.settlement, 0), code('API_KEY_WRONG_ROUTER'));
  });

  it('API_KEY_MALFORMED for any changed character, prefix, length or version', async () => {
    const text = await createApiKey(CONTRACTS, KEY, client);
    const swap = (i: number): string => text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
    const wrong = [swap(4), swap(20), swap(100), swap(text.length - 1), `sk-${text.slice(4)}`, text.slice(0, -1), `${text}A`, 'cor-', ''];
    for (const key of wrong) assert.throws(() => parseApiKey(key), code('API_KEY_MALFORMED'), key);
  });
});
