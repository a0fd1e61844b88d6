import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventReader } from './event-environments.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const service = (name: string) =>
  `${JSON.stringify({ Type: 'service', Action: 'update', Actor: { ID: 'x', Attributes: { name } } })}\n`;
const container = (attributes: Readonly<Record<string, string>>) =>
  `${JSON.stringify({ Type: 'container', Action: 'die', Actor: { ID: 'x', Attributes: attributes } })}\n`;

function taken(...pieces: readonly string[]): readonly string[] | null {
  const reader = createEventReader();
  for (const piece of pieces) reader.read(bytes(piece));
  const { environments } = reader.take();
  return environments === null ? null : [...environments];
}

test('events of services and of their containers name their environments, wherever the stream is cut', () => {
  const all = `${service('prod_cart_web')}${container({ 'com.docker.swarm.service.name': 'dev-2_cart_cart' })}`;
  assert.deepEqual(taken(all), ['prod', 'dev-2']);
  for (let cut = 1; cut < all.length; cut += 7)
    assert.deepEqual(taken(all.slice(0, cut), all.slice(cut)), ['prod', 'dev-2']);
});

test('what may be about anything concerns every environment', () => {
  const node = `${JSON.stringify({ Type: 'node', Action: 'update', Actor: { Attributes: { name: 'n1' } } })}\n`;
  assert.equal(taken(service('prod_cart_web'), node), null);
  assert.equal(taken(container({ image: 'busybox' })), null);
  assert.equal(taken('no event\n'), null);
  assert.equal(taken(''), null, 'the beginning of a connection');
  assert.equal(taken('x'.repeat(70_000)), null, 'an event without an end');
});

test('a hint holds only what came since the last', () => {
  const reader = createEventReader();
  reader.read(bytes(service('prod_cart_web')));
  reader.take();
  reader.read(bytes(service('dev_cart_web')));
  assert.deepEqual(reader.take(), { environments: new Set(['dev']) });
});
