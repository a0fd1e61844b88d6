import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { fastify } from 'fastify';
import { createPrometheus } from '../adapter/prometheus.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Logger } from '../port/logger.ts';
import { addObservation } from './observe.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const secret = 'dray_verysecret';

function textOf(value: Json | undefined): string {
  assert.ok(typeof value === 'string');
  return value;
}

/** A server with a few routes of every kind, observed. */
async function observed(t: TestContext) {
  const lines: JsonObject[] = [];
  const info = (message: string, facts: JsonObject = {}) => void lines.push({ message, ...facts });
  const logger: Logger = { info, warn: info, error: info };
  const metrics = createPrometheus();
  const server = fastify({ forceCloseConnections: true });
  const observation = addObservation(server, { metrics, logger, now: () => performance.now() });
  server.get('/v1/deployments/:deployment', (request, reply) => {
    observation.note(request, { actor: 't-1' });
    return reply.send({});
  });
  server.post('/v1/deployments', (request, reply) => {
    observation.note(request, { actor: 't-1' });
    observation.note(request, { deployment: 'd-12' });
    return reply.code(202).send({});
  });
  server.get('/told-and-cut', (request, reply) => {
    observation.note(request, { stream: true });
    observation.note(request, { problem: 'server.draining' });
    reply.hijack();
    reply.raw.writeHead(200).flushHeaders();
    reply.raw.destroy();
  });
  server.get('/healthz', (_, reply) => reply.send({}));
  server.get('/refused', (request, reply) => {
    observation.note(request, { problem: 'auth.wrong' });
    return reply.code(401).send({});
  });
  server.get('/never', () => new Promise(() => {}));
  server.get('/stream', (request, reply) => {
    observation.note(request, { stream: true });
    reply.hijack();
    reply.raw.writeHead(200).write('data: x\n\n');
    if (request.headers['x-end'] !== undefined) reply.raw.end();
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  /** The text once it has what is looked for: a request's end is seen a moment after its answer. */
  const told = async (pattern: RegExp) => {
    for (let tries = 0; tries < 200; tries++) {
      const text = await metrics.text();
      if (pattern.test(text)) return text;
      await sleep(10);
    }
    return assert.fail(`never told: ${pattern}\n${await metrics.text()}`);
  };
  return { url, lines, told };
}

test('a request is counted and timed by its route, and logged with its trace, its actor and its deployment', async (t) => {
  const { url, lines, told } = await observed(t);
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, authorization: `Bearer ${secret}` };
  await fetch(`${url}/v1/deployments/d-ab12?token=${secret}`, { headers });
  await fetch(`${url}/v1/deployments`, { method: 'POST' });
  const text = await told(/drayage_http_requests_total\{method="POST",route="\/v1\/deployments",status="202"\} 1/);
  assert.match(text, /requests_total\{method="GET",route="\/v1\/deployments\/:deployment",status="200"\} 1/);
  assert.match(text, /duration_seconds_count\{method="GET",route="\/v1\/deployments\/:deployment"\} 1/);
  assert.match(text, /^drayage_http_requests_in_flight 0$/m);
  const [first, second] = lines;
  assert.ok(first !== undefined && second !== undefined);
  const { durationMs, requestId, spanId, ...facts } = first;
  assert.equal(typeof durationMs, 'number');
  assert.equal(typeof requestId, 'string');
  assert.match(textOf(spanId), /^[0-9a-f]{16}$/);
  assert.deepEqual(facts, {
    message: 'request',
    method: 'GET',
    route: '/v1/deployments/:deployment',
    status: 200,
    actor: 't-1',
    deployment: 'd-ab12',
    traceId,
    parentSpanId: 'b7ad6b7169203331',
    sampled: true,
  });
  assert.equal(second['deployment'], 'd-12', 'who accepts a deployment finds it with the trace');
  assert.match(textOf(second['traceId']), /^[0-9a-f]{32}$/);
  assert.ok(!JSON.stringify(lines).includes(secret));
});

test('a path that names no deployment of ours, and one that is no route, do not reach the log or the labels', async (t) => {
  const { url, lines, told } = await observed(t);
  await fetch(`${url}/v1/deployments/${secret}`);
  await fetch(`${url}/nowhere/${secret}`);
  const text = await told(/route="unknown",status="404"\} 1/);
  assert.ok(!text.includes(secret));
  assert.equal(lines.length, 2);
  assert.ok(!JSON.stringify(lines).includes(secret));
});

test('probes that go well are counted and not logged; refused tokens are counted by their code', async (t) => {
  const { url, lines, told } = await observed(t);
  await fetch(`${url}/healthz`);
  await fetch(`${url}/refused`);
  const text = await told(/drayage_authentication_failures_total\{code="auth.wrong"\} 1/);
  assert.match(text, /drayage_http_problems_total\{code="auth.wrong"\} 1/);
  assert.match(text, /requests_total\{method="GET",route="\/healthz",status="200"\} 1/);
  assert.deepEqual(
    lines.map(({ route, problem }) => [route, problem]),
    [['/refused', 'auth.wrong']],
  );
});

test('a client that leaves before its answer is counted, and nothing stays in flight', async (t) => {
  const { url, lines, told } = await observed(t);
  const leaving = httpRequest(`${url}/never`);
  leaving.on('error', () => {});
  leaving.end();
  await told(/^drayage_http_requests_in_flight 1$/m);
  leaving.destroy();
  await told(/requests_total\{method="GET",route="\/never",status="none"\} 1/);
  await told(/^drayage_http_requests_in_flight 0$/m);
  assert.deepEqual([lines[0]?.['status'], lines[0]?.['cutShort']], [null, true]);
});

test('streams are counted while they are open and by how they ended, and not timed', async (t) => {
  const { url, lines, told } = await observed(t);
  const reading = httpRequest(`${url}/stream`);
  reading.on('error', () => {});
  reading.end();
  const [answer] = (await once(reading, 'response')) as [NodeJS.ReadableStream];
  answer.on('error', () => {});
  await told(/^drayage_event_streams_open\{route="\/stream"\} 1$/m);
  reading.destroy();
  await told(/streams_ended_total\{route="\/stream",reason="client-gone"\} 1/);
  await (await fetch(`${url}/stream`, { headers: { 'x-end': '1' } })).text();
  await assert.rejects(async () => await (await fetch(`${url}/told-and-cut`)).text());
  await told(/streams_ended_total\{route="\/told-and-cut",reason="client-gone"\} 1/);
  const text = await told(/streams_ended_total\{route="\/stream",reason="end"\} 1/);
  assert.doesNotMatch(text, /server\.draining/, 'nobody was told of a shutdown');
  assert.match(text, /^drayage_event_streams_open\{route="\/stream"\} 0$/m);
  assert.doesNotMatch(text, /duration_seconds_count\{method="GET",route="\/stream"\}/);
  assert.deepEqual(
    lines.map(({ stream, status }) => [stream, status]),
    [
      [true, 200],
      [true, 200],
      [true, 200],
    ],
  );
});
