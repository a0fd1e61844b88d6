import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { readDefinition } from '../../core/compose/definition.ts';
import { startPrivateEngine, type PrivateEngine } from '../../local/docker-engine.ts';
import { buildAndPush } from '../../local/images.ts';
import { startPrivateRegistry, type PrivateRegistry } from '../../local/registry.ts';
import { runDray } from '../support/dray.ts';

const signal = AbortSignal.timeout(240_000);
const answer = z.object({ text: z.string(), notes: z.array(z.string()) });

/** Writes into two folders that its image leaves empty, beside a file that it brings, and changes one that it brings. */
const program = `#!/bin/sh
echo $$ > /run/app.pid || exit 3
mkdir -p /var/cache/app/pages && echo page > /var/cache/app/pages/1 || exit 3
[ -f /list/list.txt ] || exit 4
echo ready > /www/healthz
exec httpd -f -p 8080 -h /www
`;
const dockerfile = `FROM busybox:stable
COPY app /bin/app
RUN mkdir -p /run /www /var/cache/app && echo brought > /var/cache/app/brought && touch /www/index.html
ENTRYPOINT ["/bin/app"]
`;

let directory: string;
let engine: PrivateEngine;
let registry: PrivateRegistry;
let image: string;

before(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-init-')));
  engine = await startPrivateEngine({ directory: join(directory, 'engine'), signal });
  registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine, signal });
  const contextDirectory = join(directory, 'image');
  await mkdir(contextDirectory);
  await writeFile(join(contextDirectory, 'app'), program, { mode: 0o755 });
  await writeFile(join(contextDirectory, 'Dockerfile'), dockerfile);
  image = (await buildAndPush(engine, registry, { name: 'app', tag: '1', contextDirectory, signal })).reference;
});

after(async () => {
  await registry?.stop();
  await engine?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('dray init --try proposes what a component writes and how its health is told, and leaves nothing behind', async () => {
  const compose = `services:
  app:
    image: ${image.replace(/@.*/, '')}
    environment: { LEVEL: "\${LEVEL:-info}" }
    configs: [{ source: list, target: /list/list.txt }]
  gone:
    image: ${registry.host}/gone:1
configs:
  list: { file: list.txt }
`;
  await writeFile(join(directory, 'docker-compose.yml'), compose);
  await writeFile(join(directory, 'list.txt'), 'tea\n');
  const args = ['init', 'docker-compose.yml', '--try', '--engine', engine.endpoint, '--seconds', '2', '--json'];
  const { code, stdout, stderr } = await runDray(args, { folder: directory });
  assert.equal(code, 0, stderr);
  const { text, notes } = answer.parse(JSON.parse(stdout));
  const told = notes.join('\n');
  assert.match(text, /tmpfs:\n +- \/run\n +- \/var\/cache\/app\/pages\n +- \/www\n/, told);
  assert.match(text, /wget[\s\S]*http:\/\/127\.0\.0\.1:8080\/healthz/);
  assert.match(told, /app: \/www is proposed as tmpfs, since it writes \/www\/healthz.*hides.*\/www\/index\.html/);
  assert.match(told, /gone was not tried out: its image is not on this engine: docker pull/);
  assert.doesNotMatch(told, /does not run with a read-only root/);
  assert.deepEqual(Object.keys(readDefinition({ name: 'x', text }, { service: 'x' }, {}).images), ['app', 'gone']);
  for (const path of ['/containers/json?all=1', '/networks', '/volumes'])
    assert.doesNotMatch(JSON.stringify(await engine.api.ask({ method: 'GET', path })), /drayage.trial/);
});
