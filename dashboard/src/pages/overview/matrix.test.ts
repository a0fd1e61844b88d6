import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OverviewView } from '../../../../wire/overview.ts';
import { matrixOf } from './matrix.ts';

const cell = (version: string) => ({
  now: { version, health: 'healthy' as const, running: 1, replicas: 1, since: 0, message: null },
  moving: null,
});

function page(environments: readonly string[], services: Readonly<Record<string, readonly string[]>>): OverviewView {
  return {
    environments: environments.map((name) => ({
      name,
      clusters: ['fe'],
      revision: 1,
      services: 1,
      unfinished: 0,
      simulated: true,
      observedAt: 0,
      trouble: null,
    })),
    services: Object.entries(services).map(([service, versions]) => ({ service, cells: versions.map(cell) })),
    next: null,
    total: 3,
    healths: { healthy: 0, converging: 0, degraded: 0, missing: 0, unknown: 0 },
  };
}

test('pages are put together in their order, and rows keep their identity', () => {
  const first = page(['dev', 'prod'], { cart: ['1', '1'] });
  const second = page(['dev', 'prod'], { shop: ['2', '1'] });
  const { environments, rows } = matrixOf([first, second]);
  assert.deepEqual(
    environments.map(({ name }) => name),
    ['dev', 'prod'],
  );
  assert.deepEqual(
    rows.map(({ service }) => service),
    ['cart', 'shop'],
  );
  assert.equal(rows[0], first.services[0]);
});

test('a service that moved to a later page between two answers stands there once', () => {
  const { rows } = matrixOf([page(['dev'], { cart: ['1'] }), page(['dev'], { cart: ['1'], shop: ['1'] })]);
  assert.deepEqual(
    rows.map(({ service }) => service),
    ['cart', 'shop'],
  );
});

test('a page from when the environments were others is brought into the columns of the first', () => {
  const { rows } = matrixOf([
    page(['dev', 'prod'], { cart: ['1', '1'] }),
    page(['prod', 'test'], { shop: ['7', '8'] }),
  ]);
  assert.deepEqual(
    rows[1]?.cells.map(({ now }) => now?.version ?? null),
    [null, '7'],
  );
});

test('nothing told yet is an empty table', () => {
  assert.deepEqual(matrixOf([]), { environments: [], rows: [] });
});
