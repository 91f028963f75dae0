import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  METRICS,
  type MetricDefinition,
  type MetricName,
} from './catalog.ts';

/** The node's metrics: one registry, families from the catalogue only. */
export interface Metrics {
  inc<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Asks `read` at every scrape. */
  gaugeFrom<N extends GaugeName>(name: N, labels: LabelsOf<N>, read: () => number): void;
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Prometheus text exposition. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** @param processMetrics also export CPU, memory and event-loop lag of this process */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  const counters = new Map<MetricName, Counter>();
  const gauges = new Map<MetricName, Gauge>();
  const histograms = new Map<MetricName, Histogram>();
  const readers = new Map<MetricName, { labels: Readonly<Record<string, string>>; read: () => number }[]>();
  for (const [key, definition] of Object.entries(METRICS) as [MetricName, MetricDefinition][]) {
    const base = { name: key, help: definition.help, labelNames: [...definition.labels], registers: [registry] };
    if (definition.type === 'counter') counters.set(key, new Counter(base));
    else if (definition.type === 'histogram') histograms.set(key, new Histogram({ ...base, buckets: [...(definition.buckets ?? [])] }));
    else {
      const gauge: Gauge = new Gauge({
        ...base,
        collect() {
          for (const { labels, read } of readers.get(key) ?? []) gauge.set(labels, read());
        },
      });
      gauges.set(key, gauge);
    }
  }
  return {
    inc: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    set: (name, labels, value) => gauges.get(name)?.set(labels, value),
    gaugeFrom(name, labels, read) {
      readers.set(name, [...(readers.get(name) ?? []), { labels, read }]);
    },
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
