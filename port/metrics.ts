/** One figure that the server tells of itself. */
interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** What it counts or measures, as one sentence. */
  readonly help: string;
  /** What a series is told apart by; every label has few values, known beforehand or bounded by the platform document. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, rising. */
  readonly buckets?: readonly number[];
}

const shortSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] as const;
const requestSeconds = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const engineSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20] as const;

/**
 * Every figure of Drayage's own, named by the conventions of Prometheus (prometheus.io/docs/practices/naming): base
 * units, `_total` for what only grows, a moment as seconds since 1970 and never as an age, so that a figure which is not
 * renewed grows old by itself. The process's own figures (`process_`, `nodejs_`) stand beside them.
 */
export const metrics = {
  drayage_build_info: {
    kind: 'gauge',
    help: 'Always 1; the labels say what runs.',
    labels: ['version', 'node'],
  },
  drayage_http_requests_total: {
    kind: 'counter',
    help: 'Requests that have ended, streams among them; status is "none" when the client left before an answer began.',
    labels: ['method', 'route', 'status'],
  },
  drayage_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'From the first byte of a request to the end of its answer; streams are left out.',
    labels: ['method', 'route'],
    buckets: requestSeconds,
  },
  drayage_http_requests_in_flight: {
    kind: 'gauge',
    help: 'Requests under way, streams among them.',
    labels: [],
  },
  drayage_http_problems_total: {
    kind: 'counter',
    help: 'Requests answered with a problem document, by its code.',
    labels: ['code'],
  },
  drayage_event_streams_open: {
    kind: 'gauge',
    help: 'Server-sent event streams that are open.',
    labels: ['route'],
  },
  drayage_event_streams_ended_total: {
    kind: 'counter',
    help: 'Streams that have ended: by their source ("end"), by the client ("client-gone"), or by a problem of this code.',
    labels: ['route', 'reason'],
  },
  drayage_sign_ins_total: {
    kind: 'counter',
    help: 'Browsers that signed in, by a one-time link ("code") or a token.',
    labels: ['by'],
  },
  drayage_authentication_failures_total: {
    kind: 'counter',
    help: 'Requests whose token, session or sign-in link was refused, by the code of the problem.',
    labels: ['code'],
  },
  drayage_deployments_accepted_total: {
    kind: 'counter',
    help: 'Deployments accepted since the server started.',
    labels: [],
  },
  drayage_deployments_ended_total: {
    kind: 'counter',
    help: 'Deployments that ended since the server started.',
    labels: ['outcome'],
  },
  drayage_deployments_unfinished: {
    kind: 'gauge',
    help: 'Deployments that have not ended.',
    labels: ['phase'],
  },
  drayage_ledger_head_sequence: {
    kind: 'gauge',
    help: 'Sequence of the last entry on the ledger; the projections are written with it and never lag behind.',
    labels: [],
  },
  drayage_ledger_entries_appended_total: {
    kind: 'counter',
    help: 'Entries made durable since the server started.',
    labels: [],
  },
  drayage_ledger_append_failures_total: {
    kind: 'counter',
    help: 'Appends that were refused or failed; store.conflict is part of normal work.',
    labels: ['code'],
  },
  drayage_ledger_append_duration_seconds: {
    kind: 'histogram',
    help: 'From asking for an append until its entries were durable, waiting included.',
    labels: [],
    buckets: shortSeconds,
  },
  drayage_ledger_appends_in_flight: {
    kind: 'gauge',
    help: 'Appends that wait for the writer or are being written: the depth of its queue.',
    labels: [],
  },
  drayage_ledger_checkpoint_size: {
    kind: 'gauge',
    help: 'Entries that the newest signed checkpoint covers; the head less this waits to be signed.',
    labels: [],
  },
  drayage_ledger_checkpoint_timestamp_seconds: {
    kind: 'gauge',
    help: 'When this server last signed a checkpoint of the ledger; absent until it did.',
    labels: [],
  },
  drayage_ledger_checkpoint_lag_entries: {
    kind: 'gauge',
    help: 'Entries of the ledger that no signed checkpoint covers yet.',
    labels: [],
  },
  drayage_ledger_signing: {
    kind: 'gauge',
    help: 'Whether checkpoints of the ledger are signed (1) or not (0): it is behind, its key is another one, or files fail.',
    labels: [],
  },
  drayage_ledger_signing_failures_total: {
    kind: 'counter',
    help: 'Rounds in which no checkpoint could be signed or kept since the server started.',
    labels: [],
  },
  drayage_ledger_recovery_needed: {
    kind: 'gauge',
    help: 'Whether the ledger is behind what was signed of it or what engines bear (1), and so only read; 0 otherwise.',
    labels: [],
  },
  drayage_store_read_duration_seconds: {
    kind: 'histogram',
    help: 'Reads of the ledger and its projections, by method of the store.',
    labels: ['method'],
    buckets: shortSeconds,
  },
  drayage_engine_call_duration_seconds: {
    kind: 'histogram',
    help: 'Calls of an engine that have ended, well or not; streams are left out.',
    labels: ['cluster', 'verb'],
    buckets: engineSeconds,
  },
  drayage_engine_call_failures_total: {
    kind: 'counter',
    help: 'Calls of an engine that failed, by the code of the fault; "deadline" when the caller stopped waiting.',
    labels: ['cluster', 'verb', 'code'],
  },
  drayage_cluster_up: {
    kind: 'gauge',
    help: 'Whether the last look at the cluster was answered (1) or not (0); absent until there was one.',
    labels: ['cluster'],
  },
  drayage_cluster_last_look_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the newest complete look at the environment on the cluster began; absent until there was one.',
    labels: ['cluster', 'environment'],
  },
  drayage_cluster_starts_in_flight: {
    kind: 'gauge',
    help: 'Tasks that may be starting on the cluster because of Drayage; absent before it asked for any.',
    labels: ['cluster'],
  },
  drayage_cluster_starts_limit: {
    kind: 'gauge',
    help: 'How many tasks may be starting on the cluster at once, by the platform document.',
    labels: ['cluster'],
  },
  drayage_drive_rounds_total: {
    kind: 'counter',
    help: 'Rounds of the drive loop: each attends to every unfinished deployment.',
    labels: [],
  },
  drayage_drive_last_round_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the drive loop last came round; absent until it did.',
    labels: [],
  },
} as const satisfies Record<`drayage_${string}`, MetricDefinition>;

type Table = typeof metrics;

export type MetricName = keyof Table;

type NameOf<K extends MetricDefinition['kind']> = {
  [N in MetricName]: Table[N]['kind'] extends K ? N : never;
}[MetricName];

export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;

/** Exactly the labels of a metric. */
export type LabelsOf<N extends MetricName> = Table[N]['labels'] extends readonly []
  ? Readonly<Record<string, never>>
  : { readonly [L in Table[N]['labels'][number]]: string };

/** Takes figures of the server itself. Never fails and never waits. */
export interface Metrics {
  /** Adds to a counter: 1, or any amount that is not negative. */
  increment<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  /** Notes one measurement in a histogram's unit. */
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void;
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Takes one series of a gauge away: what it told does not hold any more, and nothing else is known. */
  remove<N extends GaugeName>(name: N, labels: LabelsOf<N>): void;
}

/** All figures as one page, for who comes to fetch them. */
export interface MetricsPage {
  /** The media type of the text. */
  readonly contentType: string;
  text(): Promise<string>;
}

/** Takes figures and keeps none. */
export const noMetrics: Metrics = { increment: () => {}, observe: () => {}, set: () => {}, remove: () => {} };
