import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { label } from '../../../engine/swarm/labels.ts';
import { buildAndPush } from '../../../local/images.ts';
import { deployBy, submitBy, waitForPhase } from './deployments.ts';
import { startGround, type Ground } from './ground.ts';

/** A vault that answers with the digest of its secret, two replicas of it, and a caller that asks without a pause. */
export interface SecretFloor {
  readonly ground: Ground;
  /** Sets a new value through `dray secret set`, from standard input. */
  set(value: string | Uint8Array): Promise<void>;
  /** Carries out what the newest values ask for, to its end. */
  deploy(): Promise<void>;
  /**
   * Asks for nothing but the newest values, with `--restart never`: which versions the plan withholds. Fails when it
   * changes anything.
   */
  withhold(): Promise<readonly string[]>;
  /** Changes a parameter of the vault, with `--restart never`, to its end: what the plan withholds. */
  change(level: string): Promise<readonly string[]>;
  /** Ids of the vault's tasks that the engine wants to run. */
  tasks(): Promise<readonly string[]>;
  /** Who has which version, as `dray secret list` tells. */
  users(): Promise<readonly string[]>;
  /** The same, with the server killed in the middle and started again. */
  deployThroughKill(afterMs: number): Promise<void>;
  /** Waits until both replicas were seen to answer with this value, and only with it. */
  serves(value: string | Uint8Array): Promise<void>;
  /** What the caller could not get answered, as it told. */
  failures(): Promise<readonly string[]>;
  /** Engine names of the environment's secrets. */
  secrets(): Promise<readonly string[]>;
  /** A line that tells of owner and permissions of the file. */
  mode(): Promise<string>;
  stop(): Promise<void>;
}

/** The binding is taken away before the stop signal: what was resolved just before it is still answered. */
const vaultScript = `#!/bin/sh
trap 'sleep 2; exit 0' TERM
ls -ln /run/secrets/password
httpd -f -h /www &
wait
`;
const answerScript = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
sha256sum < /run/secrets/password
`;
const callerScript = `#!/bin/sh
n=0
while true; do
  if got=$(wget -q -O - http://vault/cgi-bin/answer 2>&1); then
    n=$((n + 1))
    echo "answer $n \${got%% *}"
  else
    echo "FAILED after $n: $got"
  fi
done
`;
const dockerfile = `FROM busybox:stable
COPY vault.sh caller.sh /
COPY answer.sh /www/cgi-bin/answer
CMD ["/vault.sh"]
`;

const named = z.array(z.object({ Spec: z.object({ Name: z.string() }) }));

const identified = z.array(z.object({ ID: z.string() }));
const planned = z.object({
  waves: z.array(z.unknown()),
  withheld: z.array(z.object({ service: z.string(), runs: z.string(), newest: z.string() })),
});
const listed = z.array(z.object({ uses: z.array(z.object({ version: z.string(), services: z.array(z.string()) })) }));

export async function startSecretFloor(signal: AbortSignal): Promise<SecretFloor> {
  const ground = await startGround({ tags: [], environments: { prod: '' }, signal });
  const { server, engine } = ground;
  try {
    const reference = await buildVault(ground, signal);
    const register = async (service: string, text: string) => {
      const compose = { name: 'compose.yaml', text };
      await server.client.call('createRelease', { body: { service, version: '1', compose } });
    };
    await register('vault', vaultCompose(reference));
    await register('caller', callerCompose(reference));
  } catch (error) {
    await ground.stop();
    throw error;
  }
  const withholding = async (target: readonly string[], stdin = '') => {
    const { code, stdout, stderr } = await server.dray(['plan', ...target, '--restart', 'never', '--json'], { stdin });
    assert.equal(code, 0, stderr);
    const { waves, withheld } = planned.parse(JSON.parse(stdout));
    return { waves, withheld: withheld.map(({ service, runs, newest }) => `${service} ${runs} of ${newest}`) };
  };
  const lines = async (service: string, tail: number) => {
    const { code, stdout, stderr } = await server.dray(['logs', 'prod', service, '--tail', String(tail)]);
    assert.equal(code, 0, stderr);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const args = ['prod', '--set', 'vault=1', '--set', 'caller=1'];
  const deploy = async () => {
    const { code, view } = await deployBy(server, [...args, '--timeout', '90s']);
    assert.equal(code, 0, view.cause?.summary ?? '');
  };
  return {
    ground,
    async set(value) {
      const { code, stderr } = await server.dray(['secret', 'set', 'prod', 'vault-password'], { stdin: value });
      assert.equal(code, 0, stderr);
    },
    deploy,
    async withhold() {
      const { waves, withheld } = await withholding(args);
      assert.deepEqual(waves, []);
      const { code, stdout, stderr } = await server.dray(['deploy', ...args, '--restart', 'never']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Nothing to do/);
      return withheld;
    },
    async change(level) {
      const stdin = `apiVersion: drayage/v1
kind: Deployment
environment: prod
services: { caller: '1', vault: { version: '1', parameters: { LEVEL: ${level} } } }
`;
      const { withheld } = await withholding(['-'], stdin);
      const { code, view } = await deployBy(server, ['-', '--restart', 'never', '--timeout', '90s'], { stdin });
      assert.equal(code, 0, view.cause?.summary ?? '');
      return withheld;
    },
    async tasks() {
      const filters = {
        label: [`${label.environment}=prod`, `${label.service}=vault`],
        'desired-state': ['running'],
      };
      const path = `/tasks?filters=${encodeURIComponent(JSON.stringify(filters))}`;
      return identified.parse(await engine.api.ask({ method: 'GET', path })).map(({ ID }) => ID);
    },
    async users() {
      const { code, stdout, stderr } = await server.dray(['secret', 'list', 'prod', '--json']);
      assert.equal(code, 0, stderr);
      return listed
        .parse(JSON.parse(stdout))
        .flatMap(({ uses }) => uses.map(({ version, services }) => `${version}: ${services.join()}`));
    },
    async deployThroughKill(afterMs) {
      const { deployment } = await submitBy(server, args);
      await sleep(afterMs, undefined, { signal });
      await server.kill();
      await server.start();
      const { outcome, cause } = await waitForPhase(server.client, deployment, 'ended', signal);
      assert.equal(outcome, 'succeeded', cause?.summary ?? '');
    },
    async serves(value) {
      const digest = createHash('sha256').update(value).digest('hex');
      for (;;) {
        const answers = (await lines('caller', 20)).filter((line) => line.includes('answer '));
        if (answers.length > 10 && answers.every((line) => line.includes(digest))) return;
        await sleep(250, undefined, { signal });
      }
    },
    failures: async () => (await lines('caller', 10_000)).filter((line) => line.includes('FAILED')),
    async secrets() {
      const filters = { label: [`${label.environment}=prod`] };
      const path = `/secrets?filters=${encodeURIComponent(JSON.stringify(filters))}`;
      return named.parse(await engine.api.ask({ method: 'GET', path })).map(({ Spec }) => Spec.Name);
    },
    mode: async () => (await lines('vault', 100)).find((line) => line.includes('/run/secrets/')) ?? '',
    stop: async () => await ground.stop(),
  };
}

async function buildVault({ engine, registry, directory }: Ground, signal: AbortSignal): Promise<string> {
  const contextDirectory = join(directory, 'images', 'vault');
  await mkdir(contextDirectory, { recursive: true });
  const files = {
    Dockerfile: dockerfile,
    'vault.sh': vaultScript,
    'caller.sh': callerScript,
    'answer.sh': answerScript,
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(contextDirectory, name), text, { mode: 0o755 });
  }
  const pushed = await buildAndPush(engine, registry, { name: 'vault', tag: '1', contextDirectory, signal });
  return pushed.reference.replace(/@.*/, '');
}

function vaultCompose(image: string): string {
  return `services:
  vault:
    image: ${image}
    healthcheck: { test: [CMD, wget, -q, -O, /dev/null, 'http://127.0.0.1/cgi-bin/answer'], interval: 1s }
    environment: { LEVEL: '\${LEVEL:-info}' }
    secrets: [{ source: password, target: password, uid: '7', gid: '8', mode: 0440 }]
    stop_grace_period: 5s
    deploy: { replicas: 2, endpoint_mode: dnsrr, update_config: { monitor: 1s } }
secrets: { password: { external: true, name: vault-password } }
x-drayage: { deadline: 60s }
`;
}

function callerCompose(image: string): string {
  return `services:
  caller:
    image: ${image}
    command: [/caller.sh]
    init: true
    healthcheck: { test: [CMD, 'true'], interval: 1s }
    stop_grace_period: 1s
    deploy: { endpoint_mode: dnsrr, update_config: { monitor: 1s } }
x-drayage: { needs: [vault], deadline: 60s }
`;
}
