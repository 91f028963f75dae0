import { z } from 'zod';
import type { Address } from '../types/index.ts';
import { chainError } from './errors.ts';

/** Where a network's contracts stand. Plain JSON: it is written to a file and handed from node to node. */
export interface Deployment {
  readonly chainId: number;
  readonly token: Address;
  readonly parameters: Address;
  readonly stakeVault: Address;
  readonly nodeRegistry: Address;
  readonly sessionManager: Address;
  readonly settlement: Address;
  /** First block that can hold an event of the contracts. */
  readonly block: number;
}

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'an address is 0x and 40 hexadecimal digits')
  .transform((text) => text.toLowerCase() as Address);
const natural = z.number().int().nonnegative();

/** Strict: unknown fields are refused. */
export const deploymentSchema = z.strictObject({
  chainId: natural.positive(),
  token: address,
  parameters: address,
  stakeVault: address,
  nodeRegistry: address,
  sessionManager: address,
  settlement: address,
  block: natural,
});

/**
 * Reads a deployment from parsed JSON or its text. Addresses come out lower-cased.
 *
 * @throws CHAIN_DEPLOYMENT_INVALID naming the first wrong field
 */
export function parseDeployment(json: unknown): Deployment {
  let value = json;
  if (typeof json === 'string') {
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw chainError('CHAIN_DEPLOYMENT_INVALID', 'the deployment is not JSON', {}, cause);
    }
  }
  const parsed = deploymentSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw chainError('CHAIN_DEPLOYMENT_INVALID', `deployment${field === '' ? '' : `.${field}`}: ${issue?.message ?? 'invalid'}`, { field });
}
