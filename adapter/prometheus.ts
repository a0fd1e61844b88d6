import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { unreachable } from '../core/unreachable.ts';
import { metrics, type MetricName, type Metrics, type MetricsPage } from '../port/metrics.ts';

/** Figures that are told in the text format of Prometheus, version 0.0.4. */
export type Prometheus = Metrics & MetricsPage;

type Collector =
  | { readonly kind: 'counter'; readonly counter: Counter }
  | { readonly kind: 'gauge'; readonly gauge: Gauge }
  | { readonly kind: 'histogram'; readonly histogram: Histogram };

/** Keeps every figure of the table, and those of this process and of Node, in a registry of its own. */
export function createPrometheus(): Prometheus {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const collectors = new Map(metricNames().map((name) => [name, collectorOf(name, registry)]));
  const counter = (name: MetricName): Counter => {
    const collector = collectors.get(name);
    if (collector?.kind !== 'counter') throw new Error(`${name} is no counter`);
    return collector.counter;
  };
  const gauge = (name: MetricName): Gauge => {
    const collector = collectors.get(name);
    if (collector?.kind !== 'gauge') throw new Error(`${name} is no gauge`);
    return collector.gauge;
  };
  const histogram = (name: MetricName): Histogram => {
    const collector = collectors.get(name);
    if (collector?.kind !== 'histogram') throw new Error(`${name} is no histogram`);
    return collector.histogram;
  };
  return {
    increment: (name, labels, by = 1) => counter(name).inc({ ...labels }, by),
    observe: (name, labels, value) => histogram(name).observe({ ...labels }, value),
    set: (name, labels, value) => gauge(name).set({ ...labels }, value),
    remove: (name, labels) => gauge(name).remove({ ...labels }),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

function collectorOf(name: MetricName, registry: Registry): Collector {
  const definition = metrics[name];
  const { kind, help } = definition;
  const common = { name, help, labelNames: [...definition.labels], registers: [registry] };
  switch (kind) {
    case 'counter':
      return { kind, counter: new Counter(common) };
    case 'gauge': {
      const gauge = new Gauge(common);
      // Without labels the library begins at 0, which would be told as a measurement before there was one.
      if (definition.labels.length === 0) gauge.remove();
      return { kind, gauge };
    }
    case 'histogram':
      return { kind, histogram: new Histogram({ ...common, buckets: [...definition.buckets] }) };
    default:
      return unreachable(kind);
  }
}

function metricNames(): readonly MetricName[] {
  return Object.keys(metrics).filter((name): name is MetricName => Object.hasOwn(metrics, name));
}
