import { z } from 'zod';
import type { Address } from '../types/index.ts';
import { chainError } from './errors.ts';

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'an address is 0x and 40 hexadecimal digits')
  .transform((text) => text.toLowerCase() as Address);
const natural = z.number().int().nonnegative();
const chainId = natural.positive();

/** Contracts of a layer that face the one above: what comes down is proven to them. */
const upperLink = z.strictObject({
  chainId,
  oracleSet: address,
  anchor: address,
  inbox: address,
  slashRelay: address,
});

/** Contracts of a layer that face the one below: what comes up is proven to them, and the nodes below stake in `stakeVault`. */
const lowerLink = z.strictObject({
  chainId,
  oracleSet: address,
  anchor: address,
  inbox: address,
  bridgeVault: address,
  stakeVault: address,
  account: address,
});

/** What a node asks; the rest of a deployment is for people and other programs. */
const work = {
  token: address,
  parameters: address,
  /** StakeVault; below the first layer the StakeMirror of it. */
  stakeVault: address,
  nodeRegistry: address,
  sessionManager: address,
  settlement: address,
  rewards: address,
  epochManager: address,
  validation: address,
  reputation: address,
  usefulWork: address,
  blockTimeOracle: address,
  modelMarketplace: address,
};
export const WORK_CONTRACTS = Object.keys(work) as readonly (keyof typeof work)[];

/** Strict: unknown fields are refused. */
export const deploymentSchema = z.strictObject({
  chainId,
  ...work,
  /** Who may change what is governed: the timelock; below the first layer the LayerAccount that obeys it. */
  governance: address,
  /** Whom the registry and the session manager ask before they let somebody in. */
  admission: address.optional(),
  outbox: address.optional(),
  upper: upperLink.optional(),
  lower: lowerLink.optional(),
  /** First block that can hold an event of the contracts. */
  block: natural,
});

/** Where the contracts stand on a chain on which nodes work. Plain JSON: it is written to a file and handed from node to node. */
export type Deployment = Readonly<z.infer<typeof deploymentSchema>>;

/** The first layer: it holds the token, the votes and the stakes of those who work on the next one. */
const securitySchema = z.strictObject({
  chainId,
  token: address,
  distribution: address,
  governor: address,
  governance: address,
  parameters: address,
  outbox: address,
  lower: lowerLink,
  block: natural,
});
export type SecurityLayer = Readonly<z.infer<typeof securitySchema>>;

const layersSchema = z.strictObject({ layers: z.strictObject({ l1: securitySchema, l2: deploymentSchema, l3: deploymentSchema }) });

/** Three chains, each of which believes the next by proof only. */
export type Layers = Readonly<z.infer<typeof layersSchema>['layers']>;

/** Layers on which nodes work. */
export const LAYER_NAMES = ['l2', 'l3'] as const;
export type LayerName = (typeof LAYER_NAMES)[number];

/**
 * Reads a deployment from parsed JSON or its text: of one chain, or one layer of three. Addresses come out lower-cased.
 *
 * @throws CHAIN_DEPLOYMENT_INVALID naming the first wrong field
 */
export function parseDeployment(json: unknown, layer: LayerName = 'l2'): Deployment {
  const value = typeof json === 'string' ? parseJson(json) : json;
  return isLayers(value) ? read(layersSchema, value).layers[layer] : read(deploymentSchema, value);
}

/** All layers of a deployment file. @throws CHAIN_DEPLOYMENT_INVALID */
export function parseLayers(json: unknown): Layers {
  return read(layersSchema, typeof json === 'string' ? parseJson(json) : json).layers;
}

const isLayers = (value: unknown): boolean => typeof value === 'object' && value !== null && 'layers' in value;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw chainError('CHAIN_DEPLOYMENT_INVALID', 'the deployment is not JSON', {}, cause);
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw chainError('CHAIN_DEPLOYMENT_INVALID', `deployment${field === '' ? '' : `.${field}`}: ${issue?.message ?? 'invalid'}`, { field });
}
