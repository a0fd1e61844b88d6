import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/fault.ts';
import { seenWithoutObject, type SeenTask, type Sighting } from '../core/sighting.ts';
import { createSimulatedEngine } from '../engine/simulated/engine.ts';
import type { Engine, LogLine } from '../port/engine.ts';
import { createSecretMemory } from './known-secrets.ts';
import { redactEngine } from './redacted-engine.ts';
import { systemClock } from './system-clock.ts';

const signal = AbortSignal.timeout(30_000);
const spot = { cluster: 'fe', service: 'cart', component: 'web' };

function line(task: string, text: string): LogLine {
  return { task, node: null, stream: 'stdout', text, timeMs: null };
}

/** A cluster that says what it is given, and the same with secrets taken out. */
function speaking(says: Partial<Engine>) {
  const secrets = createSecretMemory(['hunter2']);
  const silent = createSimulatedEngine({ cluster: 'fe', clock: systemClock, seed: 1 });
  const engine: Engine = { ...silent, ...says };
  return { secrets, engine: redactEngine(engine, secrets) };
}

function sightingOf(...messages: readonly string[]): Sighting {
  const tasks = messages.map((message, at): SeenTask => ({
    id: `t-${at}`,
    name: `dev_cart_web.${at}`,
    node: null,
    state: 'failed',
    wanted: false,
    current: true,
    workload: null,
    message,
    exitCode: 1,
    createdAtMs: 0,
    changedAtMs: 0,
  }));
  const workloads = [seenWithoutObject(spot, tasks)];
  const look = { cluster: 'fe', environment: 'dev', observedAtMs: 0, complete: true, gaps: [], simulated: true };
  return { ...look, workloads };
}

test('log lines that are kept and log lines that are streamed hold no known secret', async () => {
  const lines = ['the password is hunter2', 'hun\u0007ter2', 'all is well'].map((text) => line('a', text));
  const { engine } = speaking({
    taskLogs: async () => await Promise.resolve(lines),
    async *logs() {
      yield* await Promise.resolve(lines);
    },
  });
  const expected = ['the password is ***', '***', 'all is well'];
  assert.deepEqual(
    (await engine.taskLogs('a', 9, signal)).map(({ text }) => text),
    expected,
  );
  const streamed: string[] = [];
  const of = { environment: 'dev', spot, tail: 9, follow: false };
  for await (const { text } of engine.logs(of, signal)) streamed.push(text);
  assert.deepEqual(streamed, expected);
});

test('a private key is followed through the lines of its own task, whatever others say between', async () => {
  const said = [
    line('a', '-----BEGIN PRIVATE KEY-----'),
    line('b', 'MIIE is what I say'),
    line('a', 'MIIEvQ'),
    line('a', '-----END PRIVATE KEY-----'),
    line('a', 'done'),
  ];
  const { engine } = speaking({ taskLogs: async () => await Promise.resolve(said) });
  assert.deepEqual(
    (await engine.taskLogs('a', 9, signal)).map(({ text }) => text),
    ['-----BEGIN PRIVATE KEY-----***', 'MIIE is what I say', '***', '***-----END PRIVATE KEY-----', 'done'],
  );
});

test('words on tasks are free of secrets, and a look without any is handed on as it is', async () => {
  const clean = sightingOf('', 'task: non-zero exit (1)');
  assert.equal(
    await speaking({ observe: async () => await Promise.resolve(clean) }).engine.observe(
      { installation: 'i', environment: 'dev' },
      signal,
    ),
    clean,
  );
  const { engine } = speaking({ observe: async () => await Promise.resolve(sightingOf('no hunter2 here', 'fine')) });
  const seen = await engine.observe({ installation: 'i', environment: 'dev' }, signal);
  assert.deepEqual(
    seen.workloads.flatMap(({ tasks }) => tasks.map(({ message }) => message)),
    ['no *** here', 'fine'],
  );
});

test('errors of an engine are free of secrets, with all else that they say', async () => {
  const { engine } = speaking({
    apply: async () => {
      throw await Promise.resolve(
        new Fault('engine.refused', 'bad auth hunter2', { facts: { given: ['hunter2', 3] }, next: 'Try again.' }),
      );
    },
  });
  await assert.rejects(engine.apply(Object.create(null), signal), {
    code: 'engine.refused',
    message: 'bad auth ***',
    facts: { given: ['***', 3] },
    next: 'Try again.',
  });
});

test('a secret that becomes known is looked for from then on', async () => {
  const said = [line('a', 'opened with sesame')];
  const { engine, secrets } = speaking({ taskLogs: async () => await Promise.resolve(said) });
  assert.equal((await engine.taskLogs('a', 1, signal))[0]?.text, 'opened with sesame');
  secrets.note('sesame');
  assert.equal((await engine.taskLogs('a', 1, signal))[0]?.text, 'opened with ***');
});
