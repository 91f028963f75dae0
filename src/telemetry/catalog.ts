/** What one metric family is; docs/metrics.md is generated from {@link METRICS}. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly unit: string;
  readonly labels: readonly string[];
  /** Upper bounds, histograms only, in `unit`. */
  readonly buckets?: readonly number[];
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** Every metric family of the daemon. Label values come from closed sets (codes, roles, routes, topics): never peers, tasks or text. */
export const METRICS = {
  cortensord_info: { type: 'gauge', help: 'Always 1; version and roles as labels.', unit: 'none', labels: ['version', 'roles'] },
  cortensord_errors_total: {
    type: 'counter',
    help: 'Coded errors that reached a caller or a log.',
    unit: 'errors',
    labels: ['module', 'code'],
  },
  cortensord_peers: { type: 'gauge', help: 'Connected peers.', unit: 'peers', labels: [] },
  cortensord_known_nodes: { type: 'gauge', help: 'Live, verified node records by role.', unit: 'nodes', labels: ['role'] },
  cortensord_chain_head: { type: 'gauge', help: 'Last seen block.', unit: 'blocks', labels: [] },
  cortensord_chain_healthy: { type: 'gauge', help: '1 while the RPC endpoint answers.', unit: 'none', labels: [] },
  cortensord_http_requests_total: {
    type: 'counter',
    help: 'REST requests by route and status.',
    unit: 'requests',
    labels: ['route', 'status'],
  },
  cortensord_http_request_seconds: {
    type: 'histogram',
    help: 'REST requests until the response ended, streams included.',
    unit: 'seconds',
    labels: ['route'],
    buckets: seconds,
  },
  cortensord_rpc_requests_total: {
    type: 'counter',
    help: 'JSON-RPC calls by method and code (`ok` or an error code).',
    unit: 'calls',
    labels: ['method', 'code'],
  },
  cortensord_rpc_connections: { type: 'gauge', help: 'Open JSON-RPC connections.', unit: 'connections', labels: [] },
  cortensord_models_refused: {
    type: 'gauge',
    help: 'Models that a role was told to serve and does not, by error code.',
    unit: 'models',
    labels: ['role', 'code'],
  },
  cortensord_engine_lost: {
    type: 'gauge',
    help: 'Engine processes that crashed or stalled since the start; status has the last reason.',
    unit: 'processes',
    labels: [],
  },
  cortensord_role: {
    type: 'gauge',
    help: 'What a role counts since its start or holds now, by name.',
    unit: 'none',
    labels: ['role', 'name'],
  },
} as const satisfies Readonly<Record<`cortensord_${string}`, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;
type OfType<T extends MetricDefinition['type']> = { [N in MetricName]: (typeof METRICS)[N]['type'] extends T ? N : never }[MetricName];
export type CounterName = OfType<'counter'>;
export type GaugeName = OfType<'gauge'>;
export type HistogramName = OfType<'histogram'>;
/** Exactly the family's labels. */
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>;
