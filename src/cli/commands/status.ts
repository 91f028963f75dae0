import type { GlobalOptions } from '../globals.ts';
import type { Io } from '../io.ts';
import { withNode } from '../node.ts';
import { fields } from '../output.ts';

export async function status(options: GlobalOptions, io: Io): Promise<void> {
  const node = await withNode(options, io, (client) => client.call('node_status', {}));
  if (options.json) {
    io.out(`${JSON.stringify(node)}\n`);
    return;
  }
  const { chain, engine } = node;
  const counters = Object.entries(node.counters).map(
    ([role, values]) =>
      [
        role,
        Object.entries(values ?? {})
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
      ] as const,
  );
  io.out(
    fields([
      ['version', node.version],
      ['roles', node.roles.join(', ')],
      ['ready', node.ready ? 'yes' : 'no'],
      ...node.problems.map((problem) => ['problem', problem] as const),
      ['uptime', `${Math.floor(node.uptimeMs / 1000)} s`],
      ['peer id', node.peerId],
      ['operator', node.operator],
      ['peers', `${node.net.peers} connected, ${node.net.knownNodes} known`],
      [
        'chain',
        `${chain.chainId}, block ${chain.head}, ${chain.healthy ? 'healthy' : `no answer for ${Math.floor(chain.headAgeMs / 1000)} s`}`,
      ],
      [
        'engine',
        engine &&
          `${engine.backend} (${engine.runtime}, ${engine.threads} threads${engine.pid === undefined ? '' : `, pid ${engine.pid}`})`,
      ],
      ['provider', engine && `${engine.provider} (${engine.providerRequested} requested)`],
      ...(engine?.warnings ?? []).map((warning) => ['warning', warning] as const),
      ['models', engine?.models.join(', ')],
      ...node.refusedModels.flatMap(({ role, model, code, message, remedy }) => [
        ['refused', `${model} (${role}): ${code}: ${message}`] as const,
        ['', remedy] as const,
      ]),
      ['rest', node.endpoints.rest],
      ['rpc', node.endpoints.rpc],
      ...counters,
    ]),
  );
}
