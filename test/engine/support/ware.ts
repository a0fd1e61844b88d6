/**
 * The ware: a small web service whose version behaves as its variable MODE says. `good` serves; `sick` serves and is
 * never healthy; `crash` is healthy and ends with exit code 7 after 8 s; `broken` ends at once; `writes` writes
 * to /data, which it may not; `slow` becomes healthy only after 25 s, `held` once it has the file `heldFile`.
 */
export type WareMode = 'good' | 'sick' | 'crash' | 'broken' | 'writes' | 'slow' | 'held';

/** What a ware that is held waits for. */
export const heldFile = '/tmp/go';

/** The last line of a ware that crashes. */
export const lastWords = 'ware: the stock file is corrupt at row 17';

/** The build context of one image of it. */
export function wareFiles(tag: string): Readonly<Record<string, string>> {
  return {
    Dockerfile: [
      'FROM busybox:stable',
      'COPY start.sh health.sh /',
      'COPY who.sh /www/cgi-bin/who',
      'RUN mkdir /data',
      `ENV IMAGE=${tag} MODE=good VERSION=none`,
      'CMD ["/start.sh"]',
      '',
    ].join('\n'),
    'start.sh': `#!/bin/sh
echo "ware $VERSION starts"
case $MODE in
  broken) echo "${lastWords}" >&2; exit 7 ;;
  writes) echo stock > /data/stock || exit 3 ;;
  crash) httpd -h /www; sleep 8; echo "${lastWords}" >&2; exit 7 ;;
  slow) date +%s > /tmp/started ;;
esac
exec httpd -f -h /www
`,
    'health.sh': `#!/bin/sh
case $MODE in
  sick) echo "no stock at all"; exit 1 ;;
  slow) [ $(($(date +%s) - $(cat /tmp/started))) -ge 25 ] || exit 1 ;;
  held) [ -e ${heldFile} ] || exit 1 ;;
esac
exec wget -q -O /dev/null http://127.0.0.1/cgi-bin/who
`,
    'who.sh': `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n%s\\n' "$NAME $VERSION of image $IMAGE with $(cat /etc/ware/list 2>/dev/null || echo nothing)"
`,
  };
}

/** One version of a service made of the ware. */
export interface Ware {
  readonly service: string;
  readonly version: string;
  /** `HOST/ware:TAG`. */
  readonly image: string;
  readonly mode?: WareMode;
  /** Default 1 s. */
  readonly monitor?: string | null;
  /** Default 60 s: more than a busy machine takes to start what is good. */
  readonly deadline?: string;
  /** So many failures make it unhealthy; default 3, one each second. */
  readonly retries?: number;
  readonly constraint?: string;
  /** What a node must have free for it, such as `64M`. */
  readonly memory?: string;
  /** Published in host mode. */
  readonly port?: number;
  readonly needs?: readonly string[];
  /** Runs on the clusters that bear it. */
  readonly role?: string;
  /** Other clusters may call it. */
  readonly exported?: true;
  /** The content of /etc/ware/list. */
  readonly list?: string;
}

/** Its Compose file. */
export function wareCompose(ware: Ware): string {
  const { service, version, image, mode = 'good', monitor = '1s', deadline = '60s', retries = 3, needs = [] } = ware;
  const update = monitor === null ? {} : { update_config: { monitor } };
  const placement = ware.constraint === undefined ? {} : { placement: { constraints: [ware.constraint] } };
  const resources = ware.memory === undefined ? {} : { resources: { reservations: { memory: ware.memory } } };
  const component = {
    image,
    init: true,
    tmpfs: ['/tmp'],
    environment: { NAME: service, VERSION: version, MODE: mode },
    healthcheck: { test: ['CMD', '/health.sh'], interval: '1s', timeout: '5s', retries },
    stop_grace_period: '1s',
    deploy: { replicas: 1, endpoint_mode: 'dnsrr', ...update, ...placement, ...resources },
    ...(ware.port === undefined ? {} : { ports: [{ target: 80, published: ware.port, mode: 'host' }] }),
    ...(ware.list === undefined ? {} : { configs: [{ source: 'list', target: '/etc/ware/list' }] }),
  };
  // JSON is YAML.
  return JSON.stringify({
    services: { [service]: component },
    ...(ware.list === undefined ? {} : { configs: { list: { file: './list.txt' } } }),
    'x-drayage': {
      deadline,
      ...(needs.length === 0 ? {} : { needs }),
      ...(ware.role === undefined ? {} : { role: ware.role }),
      ...(ware.exported === undefined ? {} : { export: true }),
    },
  });
}
