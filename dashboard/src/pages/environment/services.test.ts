import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesOf, imageParts, servicesOf, settingsOf } from './services.ts';

const asked = (version: string, more: Partial<ReturnType<typeof plain>> & { readonly cluster?: string } = {}) => ({
  ...plain(version),
  ...more,
});
const plain = (version: string) => ({
  version,
  replicas: null as number | null,
  parameters: {} as Record<string, string>,
  ports: {} as Record<string, number>,
});

const component = (service: string) => ({
  cluster: 'fe',
  service,
  component: 'api',
  release: '1',
  image: 'i',
  settled: true,
  health: 'healthy' as const,
  running: 1,
  replicas: 1,
  message: null,
});

test('services are those of the spec and those that still run, by name', () => {
  const found = servicesOf({ spec: { shop: asked('1'), cart: asked('2') }, components: [component('old')] }, '');
  assert.deepEqual(
    found.map(({ service, asked: spec, components }) => [service, spec?.version ?? null, components.length]),
    [
      ['cart', '2', 0],
      ['old', null, 1],
      ['shop', '1', 0],
    ],
  );
});

test('a search keeps the services whose name contains it', () => {
  const found = servicesOf(
    { spec: { shop: asked('1'), workshop: asked('1'), cart: asked('2') }, components: [] },
    'shop',
  );
  assert.deepEqual(
    found.map(({ service }) => service),
    ['shop', 'workshop'],
  );
});

test('settings are told in words', () => {
  assert.deepEqual(
    settingsOf(asked('1', { cluster: 'be', replicas: 1, parameters: { A: 'b' }, ports: { 80: 8081 } })),
    ['on be', '1 replica', 'A=b', 'port 80 at 8081'],
  );
  assert.deepEqual(settingsOf(asked('1')), []);
});

test('a new service, a removed one and another version are differences of the service itself', () => {
  assert.deepEqual(differencesOf('cart', { from: null, to: asked('1') }), [{ service: 'cart', from: null, to: '1' }]);
  assert.deepEqual(differencesOf('cart', { from: asked('1', { replicas: 2 }), to: null }), [
    { service: 'cart', from: '1', to: null },
  ]);
  assert.deepEqual(differencesOf('cart', { from: asked('1'), to: asked('2') }), [
    { service: 'cart', from: '1', to: '2' },
  ]);
});

test('settings that became others are named one by one', () => {
  const from = asked('1', { replicas: 3, parameters: { LEVEL: 'info', GONE: 'x' } });
  const to = asked('1', { cluster: 'be', replicas: 12, parameters: { LEVEL: 'warn' }, ports: { 80: 8081 } });
  assert.deepEqual(differencesOf('cart', { from, to }), [
    { service: 'cart replicas', from: '3', to: '12' },
    { service: 'cart LEVEL', from: 'info', to: 'warn' },
    { service: 'cart GONE', from: 'x', to: null },
    { service: 'cart cluster', from: null, to: 'be' },
    { service: 'cart port 80', from: null, to: '8081' },
  ]);
});

test('an image is its short name and its digest', () => {
  assert.deepEqual(imageParts('registry.example.com:5000/shop/cart:1.4.2@sha256:abc'), {
    name: 'cart:1.4.2',
    digest: 'abc',
  });
  assert.deepEqual(imageParts('cart:1'), { name: 'cart:1', digest: null });
});
