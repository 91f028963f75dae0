import type { LocalAccount } from 'viem';
import type { Address } from '../../types/index.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import type { Deployment, Layers } from '../deployment.ts';
import { DEPLOY_DEFAULTS, type DeployParams, type LayerParams, planLayer, planOneChain, planSecurity } from './network.ts';
import { DeployPlan } from './plan.ts';

export type { DeployParams, LayerParams } from './network.ts';

interface SendOptions {
  /** Pays for gas; signs locally. */
  readonly deployerAccount: LocalAccount;
  readonly params?: Partial<DeployParams>;
  readonly clock?: Clock;
  /** Longest wait for the last contract to be mined. */
  readonly timeoutMs?: number;
}

export interface DeployOptions extends SendOptions {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly treasury: Address;
}

/**
 * Deploys a network on one chain.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID, CHAIN_REVERTED, CHAIN_TX_REFUSED, CHAIN_TX_TIMEOUT
 */
export async function deployAll(options: DeployOptions): Promise<Deployment> {
  const { deployerAccount: deployer } = options;
  const plan = await DeployPlan.open(options.rpcUrl, options.chainId, deployer);
  const deployment = planOneChain(plan, deployer.address, options.treasury, { ...DEPLOY_DEFAULTS, ...options.params });
  await send([plan], options);
  return deployment;
}

export interface Endpoint {
  readonly rpcUrl: string;
  readonly chainId: number;
}

export interface DeployLayersOptions extends SendOptions {
  readonly chains: Readonly<Record<'l1' | 'l2' | 'l3', Endpoint>>;
  /** Of the second layer; `epochSeconds` and `parameters` are those of `params` unless given. */
  readonly l2: Partial<DeployParams> & Pick<LayerParams, 'oracles' | 'treasury'>;
  /** Of the third layer, which is for members only. */
  readonly l3: Partial<DeployParams> & Pick<LayerParams, 'oracles' | 'treasury'> & Required<Pick<LayerParams, 'members'>>;
}

/**
 * Deploys three layers, side by side: nothing on one chain waits for another one.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID, CHAIN_REVERTED, CHAIN_TX_REFUSED, CHAIN_TX_TIMEOUT
 */
export async function deployLayers(options: DeployLayersOptions): Promise<Layers> {
  const { chains, deployerAccount: deployer } = options;
  const open = ({ rpcUrl, chainId }: Endpoint): Promise<DeployPlan> => DeployPlan.open(rpcUrl, chainId, deployer);
  const plans = await Promise.all([open(chains.l1), open(chains.l2), open(chains.l3)]);
  const params = { ...DEPLOY_DEFAULTS, ...options.params };
  const first = planSecurity(plans[0], deployer.address, params);
  const second = planLayer(first, plans[1], { ...params, ...options.l2 });
  const third = planLayer(second.asUpper, plans[2], { ...params, ...options.l3 });
  second.govern(third.lower.oracleSet);
  await send(plans, options);
  const { plan: _, unbondingSeconds: __, ...security } = first;
  return {
    l1: { ...security, lower: second.lower },
    l2: { ...second.deployment, lower: third.lower },
    l3: third.deployment,
  };
}

async function send(plans: readonly DeployPlan[], options: SendOptions): Promise<void> {
  await Promise.all(plans.map((plan) => plan.send(options.clock ?? systemClock, options.timeoutMs ?? 120_000)));
}
