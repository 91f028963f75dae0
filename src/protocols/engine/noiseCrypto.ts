import { createSecretKey, type KeyObject } from 'node:crypto';
import type { ICryptoInterface } from '@chainsafe/libp2p-noise';
import { defaultCrypto, nodeCrypto } from '@chainsafe/libp2p-noise/crypto';

/** Below this the library's own choice is faster. */
const NODE_BYTES_MIN = 1_200;

const keys = new WeakMap<Uint8Array, KeyObject>();

/** Node makes a key object of raw bytes for each message, which takes a fourth of the time of 64 KiB; one for each session key is enough. */
function keyOf(raw: Uint8Array): Uint8Array {
  let key = keys.get(raw);
  if (key === undefined) {
    key = createSecretKey(raw);
    keys.set(raw, key);
  }
  // node:crypto takes either; the library's types know raw bytes only.
  return key as unknown as Uint8Array;
}

/** ChaCha20-Poly1305 of the library, with its session keys prepared once. */
export const noiseCrypto: ICryptoInterface = {
  ...defaultCrypto,
  chaCha20Poly1305Encrypt: (text, nonce, ad, key) =>
    text.byteLength < NODE_BYTES_MIN
      ? defaultCrypto.chaCha20Poly1305Encrypt(text, nonce, ad, key)
      : nodeCrypto.chaCha20Poly1305Encrypt(text, nonce, ad, keyOf(key)),
  chaCha20Poly1305Decrypt: (text, nonce, ad, key, into) =>
    text.byteLength < NODE_BYTES_MIN
      ? defaultCrypto.chaCha20Poly1305Decrypt(text, nonce, ad, key, into)
      : nodeCrypto.chaCha20Poly1305Decrypt(text, nonce, ad, keyOf(key), into),
};
