import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitForPhase } from '../engine/support/deployments.ts';
import { registerScaled, startScaleGround, submitChange, type ScaleGround } from './support/scale-ground.ts';

const sizes = (process.env['SCALE_HOSTS'] ?? '1000,3000,10000,30000').split(',').map(Number);
const clusters = 10;
const memoryMostMib = 1024;
/** How many times as much a host may cost among 30,000 as among 3,000. */
const growthMost = 1.5;
const signal = AbortSignal.timeout(1_500_000);

/** What one deployment to so many hosts at once took of the server. */
interface Cost {
  readonly hosts: number;
  readonly cpuMsPerHost: number;
  readonly peakMib: number;
}

async function measure(hosts: number): Promise<Cost> {
  const names = Array.from({ length: clusters }, (_, index) => `c${index + 1}`);
  const ofCluster = names.map(
    (name) =>
      `  ${name}: { engine: simulated, nodes: ${hosts / clusters}, roles: [host], limits: { startsAtOnce: 10000 } }\n`,
  );
  const ofEnvironment = `environments: { prod: { clusters: [${names.join(', ')}] } }\n`;
  const platform = `apiVersion: drayage/v1\nkind: Platform\nclusters:\n${ofCluster.join('')}${ofEnvironment}`;
  const ground = await startScaleGround(() => platform);
  try {
    // Every host gets the agent, all at once; and then all of them another version of it.
    const more =
      '    deploy: { mode: global, update_config: { parallelism: 0, monitor: 5s } }\nx-drayage: { role: host }\n';
    for (const version of ['1', '2']) await registerScaled(ground, { service: 'agent', version, more }, signal);
    const first = await rollOut(ground, '1', hosts);
    const second = await rollOut(ground, '2', hosts);
    const { peakMib } = ground.usage();
    const perHost = (first.cpuMs + second.cpuMs) / 2 / hosts;
    const took = `created in ${first.tookMs} ms (${first.cpuMs} ms of CPU), updated in ${second.tookMs} ms (${second.cpuMs} ms)`;
    console.log(`fact: ${hosts} hosts: ${perHost.toFixed(2)} ms of CPU a host, at most ${peakMib} MiB; ${took}`);
    return { hosts, cpuMsPerHost: perHost, peakMib };
  } finally {
    await ground.stop();
  }
}

async function rollOut(ground: ScaleGround, version: string, hosts: number) {
  const { client } = ground.server;
  const before = ground.usage().cpuMs;
  const beganMs = performance.now();
  const deployment = await submitChange(client, 'prod', { agent: version }, signal);
  const view = await waitForPhase(client, deployment, 'ended', signal);
  const tookMs = Math.round(performance.now() - beganMs);
  const cpuMs = ground.usage().cpuMs - before;
  assert.equal(view.outcome, 'succeeded', JSON.stringify(view.cause));
  const { components } = await client.call('getEnvironment', { params: { environment: 'prod' } });
  const running = components.reduce((sum, it) => sum + (it.running ?? 0), 0);
  assert.equal(running, hosts);
  assert.ok(components.every(({ release, health }) => release === version && health === 'healthy'));
  return { cpuMs, tookMs };
}

test('30,000 hosts that receive at once cost no more a host than 3,000, and less than 1 GiB', async () => {
  const costs: Cost[] = [];
  for (const hosts of sizes) costs.push(await measure(hosts));
  const costOf = (hosts: number) => costs.find((it) => it.hosts === hosts)?.cpuMsPerHost;
  const [few, many] = [costOf(3_000), costOf(30_000)];
  for (const { hosts, peakMib } of costs) assert.ok(peakMib < memoryMostMib, `${peakMib} MiB for ${hosts} hosts`);
  if (few === undefined || many === undefined) return;
  console.log(`fact: a host among 30,000 costs ${(many / few).toFixed(2)} times what one among 3,000 costs`);
  assert.ok(many <= few * growthMost, `${many} ms a host among 30,000, ${few} ms among 3,000`);
});
