/**
 * The SDK: sessions on chain, keys for OpenAI clients, and receipts that anyone can check offline.
 *
 * @example
 * import { openClient, createApiKey, verifyReceipt } from 'cortensord/sdk';
 *
 * const client = await openClient({ rpcUrl, deployment, account });
 * const { session } = await client.openSession({ model, deposit, priceMax, expiresAt, spender: router });
 * const apiKey = await createApiKey(deployment, { session, router, expiresAt }, account);
 * // any OpenAI client: new OpenAI({ baseURL: 'http://127.0.0.1:4411/v1', apiKey })
 */

export type { Deployment } from '../chain/deployment.ts';
export type { OpenedSession, OpenTerms } from '../chain/sessionManager.ts';
export { createApiKey } from '../crypto/apiKey.ts';
export type { ApiKey, Receipt, SignedReceipt, SigningContracts } from '../crypto/eip712.ts';
export type { Address, Hex, ModelId, SessionId, TaskId, TokenPrice, Wei } from '../types/index.ts';
export { CodedError, isCoded } from '../util/errors.ts';
export { type ClientOptions, openClient, type SessionClient } from './client.ts';
export { type ReceiptCheck, type ReceiptJson, verifyReceipt } from './receipt.ts';
