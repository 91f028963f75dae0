import type { Chain } from '../chain/client.ts';
import type { Engine } from '../inference/engine.ts';
import type { Network } from '../protocols/network.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { ROLES, type Role } from '../types/index.ts';
import type { RunningRoles } from './index.ts';
import type { RefusedModel } from './refusals.ts';

interface Sources {
  readonly running: RunningRoles;
  readonly chain: Chain;
  readonly network: Network;
  /** Undefined when no role computes. */
  readonly engine: Engine | undefined;
  readonly refused: readonly RefusedModel[];
  readonly roles: readonly Role[];
  readonly version: string;
}

/** Gauges that are read at every scrape: what the parts of the node say of themselves. */
export function exportMetrics(metrics: Metrics, { running, chain, network, engine, refused, roles, version }: Sources): void {
  metrics.set('cortensord_info', { version, roles: roles.join(',') }, 1);
  metrics.gaugeFrom('cortensord_peers', {}, () => network.peers().length);
  metrics.gaugeFrom('cortensord_chain_head', {}, () => chain.head().number);
  metrics.gaugeFrom('cortensord_chain_healthy', {}, () => (chain.health().status === 'ok' ? 1 : 0));
  for (const role of ROLES) metrics.gaugeFrom('cortensord_known_nodes', { role }, () => network.nodes.byRole(role).length);
  if (engine !== undefined) metrics.gaugeFrom('cortensord_engine_lost', {}, () => engine.status.lost);
  for (const { role, code } of refused) {
    const count = refused.filter((other) => other.role === role && other.code === code).length;
    metrics.set('cortensord_models_refused', { role, code }, count);
  }
  for (const role of roles) {
    for (const name of Object.keys(running[role]?.counters() ?? {})) {
      metrics.gaugeFrom('cortensord_role', { role, name }, () => running[role]?.counters()[name] ?? 0);
    }
  }
}
