import {
  deviceTarget,
  fileTarget,
  mountTarget,
  pathBeforeOptions,
  pathOfFile,
  publishedPort,
  wholeItem,
  type KeyOfItem,
} from './merge-unique.ts';

/**
 * How a part of a Compose file goes over the same part of an earlier one, where it is not a map into a map, a list after
 * a list, a text in place of a text.
 */
export type MergeRule =
  /** The later one alone. */
  | { readonly kind: 'replace' }
  /** A map, or a list of `NAME=value`: by name. */
  | { readonly kind: 'named' }
  /** A list, a map of pairs, or one item alone; an item takes the place of the earlier one with the same key. */
  | { readonly kind: 'unique'; readonly keyOf: KeyOfItem }
  /** A list of names, or a map with a name's own keys; `keys` are those of a name that stands alone. */
  | { readonly kind: 'names'; readonly keys: { readonly [key: string]: string } }
  /** A text that stands for a map with this one key. */
  | { readonly kind: 'short'; readonly key: string }
  /** A map; as a whole when this key of both differs. */
  | { readonly kind: 'unless-other'; readonly key: string };

/** The rules for a part and for what is below it; `*` stands for every key that is not named. */
export interface MergeRules {
  readonly rule?: MergeRule;
  readonly keys?: { readonly [key: string]: MergeRules };
}

const replace: MergeRules = { rule: { kind: 'replace' } };
const named: MergeRules = { rule: { kind: 'named' } };
const unique = (keyOf: KeyOfItem): MergeRules => ({ rule: { kind: 'unique', keyOf } });
const set = unique(wholeItem);
const every = (keys: MergeRules['keys'] & object): MergeRules => ({ keys: { '*': { keys } } });

/**
 * The rules of a component (Compose Specification, 13-merge.md and "extends" in 05-services.md; compose-go,
 * override/merge.go and override/uncity.go). Where the specification would merge two long forms with the same key, Compose
 * lets the later one stand alone, and so it is here.
 */
export const componentRules: MergeRules = {
  keys: {
    annotations: named,
    build: {
      rule: { kind: 'short', key: 'context' },
      keys: { args: named, additional_contexts: named, extra_hosts: named, labels: named, platforms: set, tags: set },
    },
    cap_add: set,
    cap_drop: set,
    command: replace,
    configs: unique(fileTarget('')),
    depends_on: { rule: { kind: 'names', keys: { condition: 'service_started' } } },
    deploy: { keys: { labels: named, placement: { keys: { constraints: set } } } },
    device_cgroup_rules: set,
    devices: unique(deviceTarget),
    dns: set,
    dns_opt: set,
    dns_search: set,
    entrypoint: replace,
    env_file: unique(pathOfFile),
    environment: named,
    expose: set,
    external_links: set,
    extra_hosts: set,
    group_add: set,
    healthcheck: { keys: { test: replace } },
    label_file: unique(pathOfFile),
    labels: named,
    links: set,
    logging: { rule: { kind: 'unless-other', key: 'driver' } },
    models: { rule: { kind: 'names', keys: {} } },
    networks: { rule: { kind: 'names', keys: {} }, keys: { '*': { keys: { aliases: set, link_local_ips: set } } } },
    ports: unique(publishedPort),
    profiles: set,
    secrets: unique(fileTarget('/run/secrets')),
    security_opt: set,
    storage_opt: named,
    sysctls: named,
    tmpfs: unique(pathBeforeOptions),
    ulimits: { keys: { '*': replace } },
    volumes: unique(mountTarget),
  },
};

/** The rules of a whole Compose file. */
export const fileRules: MergeRules = {
  keys: {
    services: { keys: { '*': componentRules } },
    networks: every({ labels: named, ipam: { keys: { options: named } } }),
    volumes: every({ labels: named, driver_opts: named }),
    configs: every({ labels: named }),
    secrets: every({ labels: named }),
    'x-drayage': { keys: { needs: set, templates: set } },
  },
};

/** The rules of what is under a key. */
export function rulesBelow(rules: MergeRules | undefined, key: string): MergeRules | undefined {
  const keys = rules?.keys;
  if (keys === undefined) return undefined;
  return Object.hasOwn(keys, key) ? keys[key] : keys['*'];
}
