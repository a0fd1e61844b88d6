import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryText, kindOptions, type Entry, type Piece } from './entry-text.ts';

function say(kind: string, payload: Entry['payload'], stream = 'deployment/d-1'): string {
  return entryText({ kind, stream, payload }).map(pieceText).join('');
}

function pieceText(piece: Piece): string {
  switch (piece.kind) {
    case 'words':
      return piece.text;
    case 'deployment':
      return `<${piece.id}>`;
    case 'environment':
      return `<${piece.name}>`;
    case 'release':
      return `<${piece.service} ${piece.version}>`;
  }
}

const spot = { cluster: 'fe', service: 'cart', component: 'api' };

test('a deployment is told from its acceptance to its end, with links', () => {
  const deployment = 'd-1';
  const accepted = { deployment, environment: 'prod', services: ['cart', 'shop'], reason: 'deploy' };
  assert.equal(say('deployment-accepted', accepted), 'Accepted <d-1> to <prod>: cart, shop (deploy)');
  assert.equal(say('step-started', { deployment, step: '1', spot }), 'Began to change cart/api on fe by <d-1>');
  assert.equal(
    say('step-failed', { deployment, step: '1', spot, cause: { kind: 'task-failed', message: 'exit 1' } }),
    'Could not change cart/api on fe by <d-1>: exit 1',
  );
  assert.equal(
    say('rollback-started', { deployment, cause: { kind: 'cancelled', by: 't-1', left: false } }),
    'Began to roll back <d-1>: cancelled',
  );
  assert.equal(
    say('deployment-ended', { deployment, outcome: 'rollback-failed', cause: null, unknown: ['1'] }),
    'Ended <d-1>: rollback failed, 1 step unknown',
  );
});

test('a long list of services is cut and counted', () => {
  const services = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  assert.match(
    say('deployment-accepted', { deployment: 'd', environment: 'e', services, reason: 'deploy' }),
    /: a, b, c, d, e and 2 more \(deploy\)$/,
  );
});

test('signing in and making a token are told apart, also of entries that know no sessions', () => {
  const token = { token: 't-9', name: 'anna', role: 'viewer' };
  assert.equal(say('token-created', { ...token, use: 'session' }), 'Signed a browser in as anna (viewer)');
  assert.equal(say('token-created', { ...token, use: 'api' }), 'Made the token t-9 for anna (viewer)');
  assert.equal(say('token-created', token), 'Made the token t-9 for anna (viewer)');
  const name = { kind: 'person', digest: 'a'.repeat(64) };
  assert.equal(say('token-created', { ...token, name, use: 'api' }), 'Made the token t-9 (viewer)');
  assert.equal(say('token-created', { ...token, name, use: 'session' }), 'Signed a browser in (viewer)');
});

test('a release and a revision lead to their pages', () => {
  assert.equal(say('release-registered', { service: 'cart', version: '1.4.2' }), 'Registered <cart 1.4.2>');
  assert.equal(
    say('spec-revised', { environment: 'prod', revision: 17, deployment: 'd-1' }),
    '<prod> is at revision 17 by <d-1>',
  );
});

test('a kind that is not known yet is named, and nothing is made up', () => {
  assert.equal(say('moon-landed', { a: 1 }, 'moon/1'), 'moon-landed on moon/1: of a newer version than this page');
});

test('no payload, however strange, breaks the telling', () => {
  for (const { value } of kindOptions) {
    for (const payload of [{}, { spot: null, cause: 'x', services: 7, unknown: {} }, { spot: [], services: [1] }]) {
      assert.equal(typeof say(value, payload), 'string');
    }
  }
});

test('every kind can be chosen once', () => {
  const values = kindOptions.map(({ value }) => value);
  assert.equal(new Set(values).size, values.length);
  assert.ok(values.includes('deployment-ended'));
});
