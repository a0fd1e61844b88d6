import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { isFault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import { waitForPhase } from '../engine/support/deployments.ts';
import { pushArtifact, pushImage, startBentRegistry, type BentRegistry } from '../support/artifact-shelf.ts';
import { quantile } from './support/quantile.ts';
import { registerScaled, startScaleGround, submitChange, type ScaleGround } from './support/scale-ground.ts';

/** The largest that is taken has 50 MiB. */
const documentBytes = 50 * 1024 * 1024 - 64 * 1024;
const componentBytes = 1_200;
const documents = Number(process.env['SOAK_DOCUMENTS'] ?? 8);
/** The thread that reads may have 1 GiB of JavaScript's memory. */
const memoryMostMib = 2_048;
const readMostMs = 1_000;
const signal = AbortSignal.timeout(600_000);

let ground: ScaleGround;
let shelf: BentRegistry;
before(async () => {
  const cluster = '{ engine: simulated, nodes: 3 }';
  const places = `clusters: { one: ${cluster} }\nenvironments: { prod: { clusters: [one] } }\n`;
  ground = await startScaleGround(() => `apiVersion: drayage/v1\nkind: Platform\n${places}`);
  shelf = await startBentRegistry();
});
after(async () => {
  await ground.stop();
  await shelf.close();
});

/** A CycloneDX SBOM as large as one may be; each `seed` gives another. */
function sbomOf(seed: string): Buffer {
  const components: object[] = [];
  for (let at = 0; at < documentBytes / componentBytes - 200; at += 1) {
    const name = `package-${seed}-${at}`;
    const component = { type: 'library', name, version: '1.0', purl: `pkg:npm/${name}@1.0`, description: '' };
    const noise = sha256(name).repeat(2);
    const missing = componentBytes - JSON.stringify(component).length - noise.length - 1;
    components.push({ ...component, description: noise.padEnd(noise.length + missing, ' of no use') });
  }
  const document = Buffer.from(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components }));
  assert.ok(document.length > 49 * 1024 * 1024 && document.length <= 50 * 1024 * 1024, `${document.length} bytes`);
  return document;
}

/** Does the work, while others read and deploy as they always do. Returns what these met. */
async function beside(work: () => Promise<unknown>, version: string) {
  const { client } = ground.server;
  const over = new AbortController();
  const took: number[] = [];
  const read = async () => {
    while (!over.signal.aborted) {
      const began = performance.now();
      await client.call('getEnvironment', { params: { environment: 'prod' }, signal });
      took.push(performance.now() - began);
      await sleep(50);
    }
  };
  const deployments: number[] = [];
  const deploy = async () => {
    for (let at = 0; !over.signal.aborted; at += 1) {
      const began = performance.now();
      await registerScaled(ground, { service: 'busy', version: `${version}.${at}`, more: fast }, signal);
      const id = await submitChange(client, 'prod', { busy: `${version}.${at}` }, signal);
      const { outcome } = await waitForPhase(client, id, 'ended', signal);
      assert.equal(outcome, 'succeeded');
      deployments.push(performance.now() - began);
    }
  };
  const others = Promise.all([read(), deploy()]);
  const began = performance.now();
  try {
    await work();
  } finally {
    over.abort();
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  await others;
  const { residentMib, peakMib } = ground.usage();
  console.log(
    `fact: ${version}: ${documents} SBOMs of 50 MiB at once took ${seconds} s; ${took.length} reads beside them: median / p99 / worst ${quantile(took, 0.5)} / ${quantile(took, 0.99)} / ${quantile(took, 1)} ms; ${deployments.length} deployments from release to end: worst ${quantile(deployments, 1)} ms; ${residentMib} MiB at the end, ${peakMib} MiB at most`,
  );
  assert.ok(took.length > 10 && deployments.length > 0, 'others came beside');
  assert.ok(quantile(took, 0.99) < readMostMs, `a read took ${quantile(took, 0.99)} ms`);
  assert.ok(peakMib < memoryMostMib, `${peakMib} MiB`);
}

const fast = '    deploy: { update_config: { monitor: 1s } }\n';
const names = Array.from({ length: documents }, (_, at) => `large-${at}`);

/** As `dray attach` sends it; a server that has enough to read says so, and is asked again. */
async function attach(service: string, content: string): Promise<void> {
  for (;;) {
    try {
      const body = { content, compressed: true, component: null };
      await ground.server.client.call('attachEvidence', { params: { service, version: '1' }, body, signal });
      return;
    } catch (error) {
      if (!isFault(error, 'server.busy')) throw error;
      await sleep(500);
    }
  }
}

async function sbomsOf(service: string): Promise<number> {
  const { evidence } = await ground.server.client.call('getRelease', { params: { service, version: '1' }, signal });
  return evidence.filter(({ kind }) => kind === 'sbom').length;
}

test(`${documents} SBOMs of 50 MiB are handed in at once; memory stays bounded, and others read and deploy as before`, async () => {
  for (const service of names) await registerScaled(ground, { service, version: '1' }, signal);
  // Made before, so that whoever reads beside them is held up by the server alone.
  const made = names.map((service) => [service, gzipSync(sbomOf(service), { level: 1 }).toString('base64')] as const);
  await sleep(1_000);
  await beside(async () => await Promise.all(made.map(([service, content]) => attach(service, content))), 'attached');
  for (const service of names) assert.equal(await sbomsOf(service), 1, service);
});

test(`${documents} releases whose SBOMs of 50 MiB lie at the registry are made at once, within the same bounds`, async () => {
  for (const name of names) {
    const image = await pushImage(shelf, name, '1', name);
    const type = 'application/vnd.cyclonedx+json';
    const layers = [{ mediaType: type, content: sbomOf(`beside-${name}`) }];
    await pushArtifact(shelf, name, `${image.replace(':', '-')}.att`, { type, layers });
  }
  const release = async (name: string) => {
    const of = { service: `from-${name}`, version: '1' };
    const text = `services: { ${of.service}: { image: '${shelf.host}/${name}:1' } }\n`;
    const compose = { name: 'compose.yaml', text };
    for (let round = 0; round < documents; round += 1) {
      await ground.server.client.call('createRelease', { body: { ...of, compose }, signal });
      if ((await sbomsOf(of.service)) === 1) return;
    }
  };
  await sleep(1_000); // the server has closed what was idle meanwhile; the client is to notice before it asks
  await beside(async () => await Promise.all(names.map(release)), 'at-the-registry');
  for (const name of names) assert.equal(await sbomsOf(`from-${name}`), 1, name);
});
