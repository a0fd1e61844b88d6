import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/fault.ts';
import type { JsonObject } from '../core/json.ts';
import { createPinoLogger, type LogLevel } from './pino-logger.ts';

const token = `dray_${'s3cr3t_'.repeat(6)}x`;

function collected(options: { readonly level?: LogLevel; readonly readable?: boolean } = {}) {
  const lines: string[] = [];
  const { level = 'info', readable = false } = options;
  return { lines, logger: createPinoLogger({ level, version: '1.2.3', readable, write: (line) => lines.push(line) }) };
}

test('a line is one JSON object with time, level, service, version, message and facts', () => {
  const { lines, logger } = collected();
  logger.warn('the queue is long', { waiting: 12, clusters: ['fe'] });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith('}\n'));
  const { time, ...rest } = JSON.parse(lines[0] ?? '') as { time: string };
  assert.equal(new Date(time).toISOString(), time);
  assert.deepEqual(rest, {
    level: 'warn',
    service: 'drayage',
    version: '1.2.3',
    message: 'the queue is long',
    waiting: 12,
    clusters: ['fe'],
  });
});

test('what is below the level is not written', () => {
  const { lines, logger } = collected({ level: 'error' });
  logger.info('a');
  logger.warn('b');
  logger.error('c');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { message: string }).message),
    ['c'],
  );
});

test('text with line breaks and control characters stays on one line', () => {
  for (const readable of [false, true]) {
    const { lines, logger } = collected({ readable });
    logger.error('x', { stack: 'Error: a\n  at b\n\u001b[31mred' });
    assert.equal(lines.join('').split('\n').length, 2);
    assert.ok(!lines.join('').includes('\u001b'));
  }
});

test('for people a line has the time, the level, the message and the facts', () => {
  const { lines, logger } = collected({ readable: true });
  logger.info('request', { route: '/v1/plans', status: 200, reason: 'two words' });
  assert.match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} info {2}request {2}route=\/v1\/plans {2}status=200 {2}reason="two words"\n$/,
  );
});

test('no secret gets out, neither from a cause, nor a stack, a header, an address or a fact', () => {
  const cause = Object.assign(new Error(`401 for Authorization: Bearer ${token}`), { headers: { cookie: token } });
  const fault = new Fault('registry.denied', 'The registry wants other credentials.', { cause });
  const told: readonly JsonObject[] = [
    { reason: fault.stack ?? '' },
    { reason: cause.stack ?? '' },
    { headers: { authorization: token, Cookie: `drayage_session_1=${token}`, 'x-registry-auth': 'eyJhIjoxfQ==' } },
    { reason: 'https://user:hunter22@registry.example.com/v2/ answered 401' },
    { reason: 'GET /sign-in?code=s3cr3t_&a=1' },
    { nested: [{ deep: `token ${token}` }], password: 's3cr3t_' },
    { reason: 'Authorization: Basic dXNlcjpzM2NyM3Q=' },
  ];
  for (const readable of [false, true]) {
    const { lines, logger } = collected({ readable });
    for (const facts of told) logger.error(`it failed with ${token}`, facts);
    const all = lines.join('');
    assert.equal(lines.length, told.length);
    for (const secret of ['s3cr3t', 'hunter22', 'dXNlcjpzM2NyM3Q', 'eyJhIjoxfQ'])
      assert.ok(!all.includes(secret), secret);
    assert.ok(all.includes('registry.example.com/v2/ answered 401'));
    assert.ok(all.includes('The registry wants other credentials.'));
  }
});
