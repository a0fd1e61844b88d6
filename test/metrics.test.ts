import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startStaticRegistry, type StaticRegistry } from './support/static-registry.ts';

const limit = AbortSignal.timeout(100_000);
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
let folder: string;
let registry: StaticRegistry;
let server: ServerProcess;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drayage-metrics-'));
  registry = await startStaticRegistry();
  const platform = join(folder, 'platform.yaml');
  await writeFile(
    platform,
    'apiVersion: drayage/v1\nkind: Platform\nclusters:\n  fe: { engine: simulated }\nenvironments:\n  dev: { clusters: [fe] }\n',
  );
  server = await startServerProcess({ platform, data: join(folder, 'data') });
});
after(async () => {
  await server.kill();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function fetched(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await fetch(`${server.url}${path}`, { headers, signal: limit });
}

const bearer = () => ({ authorization: `Bearer ${server.token}` });

/** One sample of the text format. */
interface Sample {
  readonly series: string;
  readonly value: number;
}

const samplePattern =
  /^(?<name>[a-z_:][a-z0-9_:]*)(?<labels>\{(?:[a-z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (?<value>-?[0-9.e+-]+|NaN|[+-]Inf)$/i;

/** Reads a page as a scraper does: every line must be proper, every series declared and told once. */
function readSamples(text: string): ReadonlyMap<string, number> {
  assert.ok(text.endsWith('\n'));
  const declared = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, name, kind] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    if (name !== undefined && kind !== undefined) {
      assert.ok(!declared.has(name), `${name} is declared twice`);
      declared.set(name, kind);
    } else if (!line.startsWith('# HELP ')) {
      const groups = samplePattern.exec(line)?.groups;
      assert.ok(groups !== undefined, `no sample: ${line}`);
      const base = (groups['name'] ?? '').replace(/_(bucket|sum|count)$/, '');
      assert.ok(declared.has(groups['name'] ?? '') || declared.has(base), `never declared: ${line}`);
      samples.push({ series: `${groups['name']}${groups['labels'] ?? ''}`, value: Number(groups['value']) });
    }
  }
  const read = new Map(samples.map(({ series, value }) => [series, value]));
  assert.equal(read.size, samples.length, 'no series is told twice');
  return read;
}

async function scraped(): Promise<ReadonlyMap<string, number>> {
  const response = await fetched('/metrics', bearer());
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  assert.ok(!text.includes(server.token));
  return readSamples(text);
}

/** Deploys version 1.0.0 of a service, as a caller that traces what it does. */
async function deployed(service: string): Promise<string> {
  const text = `services:\n  ${service}:\n    image: ${registry.host}/shop/${service}:1\n    deploy: { update_config: { monitor: 1s } }\n`;
  const body = { service, version: '1.0.0', compose: { name: 'compose.yaml', text } };
  await server.client.call('createRelease', { body, signal: limit });
  const document = `apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices: { ${service}: 1.0.0 }\n`;
  const response = await fetch(`${server.url}/v1/deployments`, {
    method: 'POST',
    headers: {
      ...bearer(),
      'content-type': 'application/json',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    },
    body: JSON.stringify({ wanted: { kind: 'document', document: { name: 'dev.yaml', text: document } } }),
    signal: limit,
  });
  assert.equal(response.status, 202, await response.clone().text());
  const { deployment } = (await response.json()) as { deployment: string };
  for (;;) {
    const view = await server.client.call('getDeployment', { params: { deployment }, signal: limit });
    if (view.phase === 'ended') return deployment;
    await sleep(100, undefined, { signal: limit });
  }
}

test('what the server did can be read from its figures, and its log leads from the request to the rollout', async () => {
  assert.equal((await fetched('/metrics')).status, 401, 'figures are for those who may look');
  assert.equal((await fetched('/v1/environments', { authorization: `Bearer dray_${'x'.repeat(43)}` })).status, 401);
  const deployment = await deployed('cart');
  const samples = await scraped();
  const value = (series: string) => samples.get(series);
  assert.equal(value('drayage_deployments_accepted_total'), 1);
  assert.equal(value('drayage_deployments_ended_total{outcome="succeeded"}'), 1);
  assert.equal(value('drayage_deployments_unfinished{phase="queued"}'), 0);
  assert.equal(value('drayage_deployments_unfinished{phase="active"}'), 0);
  assert.equal(value('drayage_http_requests_total{method="POST",route="/v1/deployments",status="202"}'), 1);
  assert.equal(value('drayage_http_requests_total{method="GET",route="/metrics",status="401"}'), 1);
  assert.equal(value('drayage_authentication_failures_total{code="auth.wrong"}'), 1);
  assert.equal(value('drayage_http_requests_in_flight'), 1, 'the scrape itself');
  assert.equal(value('drayage_cluster_up{cluster="fe"}'), 1);
  const { head } = await server.client.call('ledgerEntries', { query: { limit: 1 }, signal: limit });
  assert.equal(value('drayage_ledger_head_sequence'), head.sequence);
  for (const series of [
    'drayage_cluster_last_look_timestamp_seconds{cluster="fe",environment="dev"}',
    'drayage_drive_last_round_timestamp_seconds',
  ]) {
    const ageSeconds = Date.now() / 1000 - (value(series) ?? 0);
    assert.ok(ageSeconds > -1 && ageSeconds < 60, `${series} was ${ageSeconds} s ago`);
  }
  for (const series of [
    'drayage_drive_rounds_total',
    'drayage_ledger_append_duration_seconds_count',
    'drayage_engine_call_duration_seconds_count{cluster="fe",verb="apply"}',
    'drayage_store_read_duration_seconds_count{method="unfinished"}',
    'drayage_cluster_starts_limit{cluster="fe"}',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
  ])
    assert.ok((value(series) ?? 0) > 0, series);

  const lines = server
    .log()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const accepted = lines.find(({ traceId: id, route }) => id === traceId && route === '/v1/deployments');
  assert.equal(accepted?.['deployment'], deployment);
  assert.equal(accepted?.['parentSpanId'], '00f067aa0ba902b7');
  assert.match(String(accepted?.['actor']), /^t-/);
  const rollout = lines.filter((line) => line['deployment'] === deployment).map(({ message }) => message);
  assert.ok(rollout.includes('deployment-ended'), rollout.join());
  assert.ok(!server.log().includes(server.token) && !server.log().includes('x'.repeat(43)));
});

test('counters only grow, and reading the figures twice does not count anything twice', async () => {
  const [first, second] = [await scraped(), await scraped()];
  for (const [series, value] of first)
    if (/_(total|count|bucket)(\{|$)/.test(series))
      assert.ok((second.get(series) ?? -1) >= value, `${series} fell from ${value} to ${second.get(series)}`);
  const accepted = 'drayage_deployments_accepted_total';
  assert.equal(second.get(accepted), first.get(accepted));
});

test('a server that is ready says for each thing it needs that it has it', async () => {
  const ready = await fetched('/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), {
    status: 'ok',
    checks: { store: null, ledger: null, history: null, platform: null, drive: null },
  });
});
