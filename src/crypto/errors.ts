import { defineErrors } from '../util/errors.ts';

export const cryptoError = defineErrors('crypto', {
  SIGNATURE_MALFORMED: {
    summary: 'A signature is not 65 bytes of r, s, v with a low s and v of 27 or 28.',
    remedy: 'Sign with the operator key through an EIP-712 signer; do not re-encode the signature.',
    http: 400,
  },
  SIGNATURE_WRONG_SIGNER: {
    summary: 'A signature was made by another key than the one that it must be from.',
    remedy: 'Check that both sides use the same chain id and contract addresses, and that the signer is the one named in the message.',
    http: 401,
  },
  PEER_ID_MALFORMED: {
    summary: 'A peer id is not that of an Ed25519 key.',
    remedy: 'Pass the peer id as printed by `cortensord status` (12D3KooW…).',
    http: 400,
  },
  API_KEY_MALFORMED: {
    summary: 'The bearer token is not a cortensord API key.',
    remedy: 'Pass the whole key, from `cor-` on, as printed by `cortensord session key`.',
    http: 401,
  },
  API_KEY_EXPIRED: {
    summary: 'The API key is past its expiry.',
    remedy: 'Make a new key from the session with `cortensord session key`.',
    http: 401,
  },
  API_KEY_WRONG_ROUTER: {
    summary: 'The API key was issued for another router.',
    remedy: 'Send the request to the router that the key names, or make a key for this one.',
    http: 403,
  },
  KEYSTORE_WRONG_PASSWORD: {
    summary: 'The keystore does not open with this password.',
    remedy: 'Check the password or password file; the key file is unchanged.',
    http: 401,
    exit: 77,
  },
  KEYSTORE_MALFORMED: {
    summary: 'A key file cannot be read as what it should be.',
    remedy: 'Restore it from a backup; a new key means a new identity.',
    http: 500,
    exit: 78,
  },
  KEY_FILE_MISSING: {
    summary: 'A key file does not exist.',
    remedy: 'Run `cortensord init` to create the identity, or point the data directory at the right place.',
    http: 500,
    exit: 66,
  },
  KEY_FILE_EXISTS: {
    summary: 'A key file exists already and is never overwritten.',
    remedy: 'Move the old file away first if a new identity is really wanted.',
    http: 409,
    exit: 73,
  },
  KEY_FILE_PERMISSIONS: {
    summary: 'A key file or its directory can be read by other users.',
    remedy: 'Run chmod 600 on the file and chmod 700 on its directory, and consider the key exposed.',
    http: 500,
    exit: 77,
  },
});
