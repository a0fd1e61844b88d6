import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { auditPages, type ReadEntries } from '../cli/ledger.ts';
import { createClient, type Client } from '../client/client.ts';
import { isFault, type FaultCode } from '../core/fault.ts';
import { startServed, type Served } from './support/served.ts';

const platform = `
apiVersion: drayage/v1
kind: Platform
clusters:
  fe: { engine: simulated }
environments:
  dev: { clusters: [fe] }
`;

const fault = (code: FaultCode) => (error: unknown) => {
  assert.ok(isFault(error, code), String(error));
  return true;
};

suite('the HTTP API of a real server, on a simulated engine', () => {
  let served: Served;
  let client: Client;

  before(async () => {
    served = await startServed(platform);
    ({ client } = served);
  });
  after(async () => {
    await served.close();
  });

  const release = async (version: string, tag = version) => {
    const text = `services:\n  cart:\n    image: \${REGISTRY}/shop/cart:${tag}\n    deploy: { update_config: { monitor: 3s } }\n`;
    return await client.call('createRelease', {
      body: {
        service: 'cart',
        version,
        compose: { name: 'compose.yaml', text },
        vars: { REGISTRY: served.registry.host },
      },
    });
  };
  const deploymentOf = (version: string) => ({
    kind: 'document' as const,
    document: {
      name: 'dev.yaml',
      text: `apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices:\n  cart: ${version}\n`,
    },
  });
  const ended = async (deployment: string) => {
    for (let count = 0; count < 600; count += 1) {
      const view = await client.call('getDeployment', { params: { deployment } });
      if (view.phase === 'ended') return view;
      await sleep(50);
    }
    throw new Error(`${deployment} does not end`);
  };

  test('a release, a plan, a deployment, its end, and nothing to do after it', { timeout: 60_000 }, async () => {
    const made = await release('1.0.0');
    assert.equal(made.created, true);
    assert.match(made.images['cart']?.resolved ?? '', /\/shop\/cart:1\.0\.0@sha256:[0-9a-f]{64}$/);
    assert.equal((await release('1.0.0')).created, false);
    await assert.rejects(release('1.0.0', '1.0.1'), fault('release.differs'));

    const body = { wanted: deploymentOf('1.0.0') };
    const plan = await client.call('plan', { body });
    assert.deepEqual(
      plan.waves.flat().map(({ id, change }) => [id, change.kind]),
      [['fe/cart/cart', 'create']],
    );
    const accepted = await client.call('deploy', {
      body: { ...body, expectPlan: plan.digest },
      idempotencyKey: 'first',
    });
    assert.ok(accepted.kind === 'accepted');
    // What asks for nothing is the same request, as it was before it could be asked for.
    const restart = { all: null, services: {} };
    const same = { ...body, expectPlan: plan.digest, restart };
    const again = await client.call('deploy', { body: same, idempotencyKey: 'first' });
    assert.deepEqual([again.kind, again.kind !== 'nothing-to-do' && again.deployment], ['joined', accepted.deployment]);
    await assert.rejects(
      client.call('deploy', { body: { wanted: deploymentOf('9.9.9') }, idempotencyKey: 'first' }),
      fault('request.key-reused'),
    );

    const view = await ended(accepted.deployment);
    assert.deepEqual([view.outcome, view.cause, view.reverting], ['succeeded', null, false]);
    assert.equal((await client.call('deploy', { body, idempotencyKey: 'second' })).kind, 'nothing-to-do');
  });

  test('a release that crashes is rolled back, and the answer tells why', { timeout: 60_000 }, async () => {
    await release('1.1.0', '1.1.0-crash');
    const accepted = await client.call('deploy', {
      body: { wanted: { kind: 'change', environment: 'dev', set: { cart: '1.1.0' } } },
      idempotencyKey: 'bad',
    });
    assert.ok(accepted.kind === 'accepted');
    const view = await ended(accepted.deployment);
    assert.deepEqual(
      [view.outcome, view.cause?.kind, view.cause?.exitCode, view.reverting],
      ['rolled-back', 'task-failed', 1, true],
    );
    assert.match(view.cause?.logs?.at(-1)?.text ?? '', /simulated crash/);
    const environment = await client.call('getEnvironment', { params: { environment: 'dev' } });
    assert.equal(environment.spec['cart']?.version, '1.0.0');
    assert.deepEqual(
      environment.observed.map(({ simulated }) => simulated),
      [true],
    );
  });

  test('log lines of a running service can be read and followed', { timeout: 30_000 }, async () => {
    const lines = [];
    for await (const line of client.logs({
      params: { environment: 'dev' },
      query: { service: 'cart', follow: 'true' },
    })) {
      lines.push(line);
      if (lines.length === 2) break;
    }
    assert.deepEqual(
      lines.map(({ cluster, component }) => `${cluster}/${component}`),
      ['fe/cart', 'fe/cart'],
    );
    const nobody = client.logs({ params: { environment: 'dev' }, query: { service: 'nobody' } });
    await assert.rejects(Array.fromAsync(nobody), fault('service.unknown'));
  });

  test('lists are paged, and the ledger that is read out verifies to its head', async () => {
    const first = await client.call('listReleases', { query: { limit: 1 } });
    const second = await client.call('listReleases', { query: { limit: 1, cursor: first.next ?? '' } });
    assert.deepEqual([first.items[0]?.version, second.items[0]?.version, second.next], ['1.1.0', '1.0.0', null]);
    await assert.rejects(client.call('listReleases', { query: { cursor: 'nonsense' } }), fault('request.invalid'));
    const read: ReadEntries = (after, limit) => client.call('ledgerEntries', { query: { after, limit } });
    const audit = await auditPages(read, { keys: [], evidence: [], tell: () => undefined });
    assert.equal(audit.kind, 'whole', JSON.stringify(audit.findings));
    assert.ok(audit.entries > 0);
  });

  test('who did something is called by name wherever it is told', async () => {
    const [deployment] = (await client.call('listDeployments')).items;
    assert.ok(deployment !== undefined && deployment.actor.startsWith('t-'));
    const view = await client.call('getDeployment', { params: { deployment: deployment.id } });
    const release = await client.call('getRelease', { params: { service: 'cart', version: '1.0.0' } });
    const environment = await client.call('getEnvironment', { params: { environment: 'dev' } });
    const revisions = await client.call('listRevisions', { params: { environment: 'dev' } });
    const named = [deployment, view, release, ...environment.deployments, ...revisions.items];
    assert.deepEqual([...new Set(named.map(({ actorName }) => actorName))], ['first admin']);
    const { entries, actorNames } = await client.call('ledgerEntries', { query: { order: 'newest', limit: 1000 } });
    assert.ok(entries.every(({ actor }) => actorNames[actor] !== undefined));
    assert.equal(actorNames[deployment.actor], 'first admin');
    assert.equal(actorNames['drayage'], 'Drayage');
  });

  test('a viewer looks and does not touch, and a revoked token is none', async () => {
    const made = await client.call('createToken', { body: { name: 'eyes', role: 'viewer' } });
    const viewer = createClient({ url: served.url, token: made.secret });
    assert.equal((await viewer.call('getEnvironment', { params: { environment: 'dev' } })).name, 'dev');
    await assert.rejects(viewer.call('createToken', { body: { name: 'more' } }), fault('auth.not-allowed'));
    assert.ok((await client.call('revokeToken', { params: { token: made.id } })).revokedAt !== null);
    await assert.rejects(viewer.call('doctor'), fault('auth.wrong'));
  });

  test('wrong input of every kind gets one clear fault, and the server lives on', { timeout: 60_000 }, async () => {
    const planText = async (text: string) =>
      await client.call('plan', { body: { wanted: { kind: 'document', document: { name: 'dev.yaml', text } } } });
    const head = 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\n';
    await assert.rejects(planText(`${head}servces: {}\n`), (error) => {
      assert.ok(isFault(error, 'document.invalid'));
      assert.ok(error.problems.some(({ line, hint }) => line === 4 && (hint ?? '').includes('services')));
      return true;
    });
    await assert.rejects(planText(`${head}services: { ghost: 1.0.0 }\n`), fault('service.unknown'));
    await assert.rejects(planText(`${head}services: { cart: 7.7.7 }\n`), fault('release.unknown'));
    await assert.rejects(planText(head.replace('dev', 'nowhere') + 'services: {}\n'), fault('environment.unknown'));
    await assert.rejects(planText('a'.repeat(10_000_000)), fault('document.too-large'));
    await assert.rejects(
      release('2.0.0', 'gone'),
      (error) => isFault(error, 'image.unresolved') || isFault(error, 'registry.unreachable'),
    );
    await assert.rejects(
      client.call('getDeployment', { params: { deployment: 'd-none' } }),
      fault('deployment.unknown'),
    );
    assert.equal((await client.call('ready')).status, 'ok');
  });

  test('a release of several files is that of one file with the same content, and keeps its sources', async () => {
    const cart = `image: "\${REGISTRY}/shop/cart:1.0.0"`;
    const common = { service: 'files', version: '1', vars: { REGISTRY: served.registry.host } };
    const whole = `services:\n  cart: { ${cart}, environment: { A: "1", B: "2" }, labels: { team: shop } }\n`;
    const one = await client.call('createRelease', { body: { ...common, compose: { name: 'one.yaml', text: whole } } });
    const split = {
      ...common,
      compose: { name: 'compose.yaml', text: 'include: [cart.yaml]\n' },
      overrides: [{ name: 'prod.yaml', text: 'services: { cart: { environment: { B: "2" } } }\n' }],
      sources: {
        'cart.yaml': `services:\n  cart: { ${cart}, env_file: a.env, label_file: a.labels }\n`,
        'a.env': 'A=1\nB=1\n',
        'a.labels': 'team=shop\n',
      },
    };
    const same = await client.call('createRelease', { body: split });
    assert.deepEqual([same.created, same.identity], [false, one.identity]);
    const next = await client.call('createRelease', { body: { ...split, version: '2', profiles: ['more'] } });
    assert.deepEqual(
      [next.created, next.source.overrides, next.source.files, next.source.profiles],
      [true, split.overrides, split.sources, ['more']],
    );
    const { 'a.env': _, ...rest } = split.sources;
    await assert.rejects(
      client.call('createRelease', { body: { ...split, sources: rest } }),
      fault('document.invalid'),
    );
    await assert.rejects(
      client.call('createRelease', { body: { ...split, sources: { ...split.sources, 'b.env': '' } } }),
      fault('request.invalid'),
    );
  });
});
