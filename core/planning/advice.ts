import type { Digest } from '../hash.ts';
import type { Target, Workload } from '../workload.ts';

/** What advice looks at. */
export interface AdviceInput {
  /** What the plan changes, as it is to be. */
  readonly targets: readonly Target[];
  /** Text of configs, by digest; what is not here is not looked at. */
  readonly contents: ReadonlyMap<Digest, string>;
}

/** A reason why a component does not simply run more than once. */
interface Obstacle {
  readonly sentence: string;
  /** What of the workload is in the way; null: nothing. */
  readonly find: (workload: Workload, contents: AdviceInput['contents']) => string | null;
}

/** The most components that a sentence names. */
const namedMost = 5;

/** Labels by which proxies are told to keep a caller with one task. */
const stickyLabel = /^com\.docker\.lb\.sticky_session|^traefik\..*\.sticky(?:\.|$)|^caddy\..*lb_policy$/i;

/** Lines by which nginx, HAProxy, Caddy and Traefik do the same. */
const stickyLines: readonly RegExp[] = [
  /^\s*(?:ip_hash|sticky)\b/m,
  /^\s*stick-table\b/m,
  /^\s*balance\s+source\b/m,
  /^\s*cookie\s+\S+\s+insert\b/m,
  /\blb_policy\s+(?:ip_hash|cookie|client_ip_hash)\b/,
  /^\s*sticky:\s*$/m,
];

const obstacles: readonly Obstacle[] = [
  {
    sentence: 'data in a local volume, so one replica, on one node, which stops for each update',
    find: ({ volumes }) => volumes.find((mount) => mount.driver === undefined)?.volume ?? null,
  },
  {
    sentence: 'a single replica, gone while its node is',
    find: ({ replicas, mode, volumes }) => (replicas === 1 && mode !== 'global' && volumes.length === 0 ? '' : null),
  },
  {
    sentence: 'a port of the node, so at most one task on each',
    find: ({ ports, mode }) => {
      const port = ports.find((it) => it.mode === 'host');
      return port === undefined || mode === 'global' ? null : String(port.published);
    },
  },
  {
    sentence: 'the same host name in every replica',
    find: ({ hostname }) => (hostname === undefined || hostname.includes('{{') ? null : hostname),
  },
  {
    sentence: 'sticky sessions, of which new tasks get few, and which each update cuts off',
    find: stickyIn,
  },
];

/** In a few lines, what blocks running more of the services that a plan changes. None of it is wrong by itself. */
export function adviseOn({ targets, contents }: AdviceInput): readonly string[] {
  return obstacles.flatMap(({ sentence, find }) => {
    const named = targets.flatMap(({ workload }) => {
      const what = workload.replicas === 0 ? null : find(workload, contents);
      return what === null ? [] : [nameOf(workload) + (what === '' ? '' : ` (${what})`)];
    });
    const names = [...new Set(named)].toSorted();
    if (names.length === 0) return [];
    const more = names.length - namedMost;
    return [`${sentence}: ${names.slice(0, namedMost).join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
  });
}

function nameOf({ service, component }: Workload): string {
  return service === component ? service : `${service}/${component}`;
}

function stickyIn(
  { labels = {}, serviceLabels = {}, configs }: Workload,
  contents: AdviceInput['contents'],
): string | null {
  const label = [...Object.keys(serviceLabels), ...Object.keys(labels)].find((name) => stickyLabel.test(name));
  if (label !== undefined) return label;
  const config = configs.find(({ content }) => {
    const text = contents.get(content);
    return text !== undefined && stickyLines.some((line) => line.test(text));
  });
  return config === undefined ? null : config.config;
}
