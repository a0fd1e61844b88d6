import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  actions,
  decideAccess,
  everywhere,
  mayEver,
  nowhere,
  refusalText,
  roles,
  scopePattern,
  type Action,
  type Place,
  type Role,
  type Scope,
} from './access.ts';

const actionNames: readonly Action[] = [
  'read',
  'read-logs',
  'release',
  'deploy',
  'waive',
  'set-secrets',
  'rotate-secret-key',
  'recover',
  'rotate-key',
  'erase',
  'manage-tokens',
];

/** Written by hand, so that a change of the table is a change here too: one column a role, in the order of `roles`. */
const matrix: Readonly<Record<Action, string>> = {
  //                viewer developer approver operator admin
  read: '           yes    yes       yes      yes      yes',
  'read-logs': '    yes    yes       yes      yes      yes',
  release: '        no     yes       no       yes      yes',
  deploy: '         no     yes       no       yes      yes',
  waive: '          no     no        yes      yes      yes',
  'set-secrets': '  no     yes       no       yes      yes',
  'rotate-secret-key': 'no no        no       no       yes',
  recover: '        no     no        no       no       yes',
  'rotate-key': '   no     no        no       no       yes',
  erase: '          no     no        no       no       yes',
  'manage-tokens': 'no     no        no       no       yes',
};

/** Which actions a scope limits: by hand as well. */
const limitedBy: Readonly<Record<Action, readonly ('environment' | 'service')[]>> = {
  read: [],
  'read-logs': ['environment', 'service'],
  release: ['service'],
  deploy: ['environment', 'service'],
  waive: ['service'],
  'set-secrets': ['environment'],
  'rotate-secret-key': [],
  recover: [],
  'rotate-key': [],
  erase: [],
  'manage-tokens': [],
};

function allowedTo(role: Role, action: Action): boolean {
  return matrix[action].trim().split(/ +/)[roles.indexOf(role)] === 'yes';
}

/** Scopes of every shape, with whether they hold the environment `dev` and the service `cart`. */
const environmentShapes = [
  [null, true],
  [['dev'], true],
  [['prod', 'dev'], true],
  [['d*'], true],
  [['dev*'], true],
  [['*'], true],
  [['prod'], false],
  [['de'], false],
  [['dev1'], false],
  [['dev-*'], false],
  [['ev*'], false],
  [[], false],
] as const;
const serviceShapes = [
  [null, true],
  [['cart'], true],
  [['ca*', 'site'], true],
  [['*'], true],
  [['site'], false],
  [['car'], false],
  [['cart-*'], false],
  [['art*'], false],
  [[], false],
] as const;

const place: Place = { environment: 'dev', services: ['cart'] };

test('every action, role and shape of scope is decided as the table says, and the first thing in the way is named', () => {
  let decided = 0;
  for (const action of actionNames) {
    for (const role of roles) {
      for (const [environments, holdsEnvironment] of environmentShapes) {
        for (const [services, holdsService] of serviceShapes) {
          const decision = decideAccess({ role, scope: { environments, services } }, action, place);
          const inTheWay = !allowedTo(role, action)
            ? 'role'
            : limitedBy[action].includes('environment') && !holdsEnvironment
              ? 'environment'
              : limitedBy[action].includes('service') && !holdsService
                ? 'service'
                : 'allowed';
          assert.equal(decision.kind, inTheWay, JSON.stringify({ action, role, environments, services }));
          assert.equal(refusalText(decision, role) === null, inTheWay === 'allowed');
          decided += 1;
        }
      }
    }
  }
  assert.equal(decided, actionNames.length * 5 * environmentShapes.length * serviceShapes.length);
});

test('the table has no action and no role that is not looked at here', () => {
  assert.deepEqual(Object.keys(actions), actionNames);
  assert.deepEqual(roles, ['viewer', 'developer', 'approver', 'operator', 'admin']);
  for (const action of actionNames) {
    assert.deepEqual(actions[action].scopedBy, limitedBy[action]);
    for (const role of roles) assert.equal(mayEver(role, action), allowedTo(role, action), `${role} ${action}`);
  }
});

test('a refusal says which role, environment or services it is about', () => {
  const scope: Scope = { environments: ['dev'], services: ['cart'] };
  const why = (role: Role, at: Place) => refusalText(decideAccess({ role, scope }, 'deploy', at), role) ?? '';
  assert.match(why('viewer', place), /role viewer .* developer, operator or admin\.$/);
  assert.match(why('developer', { environment: 'prod', services: ['site'] }), /the environment prod\.$/);
  assert.match(why('developer', { environment: 'dev', services: ['cart', 'site'] }), /the service site\.$/);
  assert.match(why('developer', { environment: 'dev', services: ['a', 'cart', 'b'] }), /the services a, b\.$/);
  const many = Array.from({ length: 14 }, (_, number) => `s${number}`);
  assert.match(why('developer', { environment: 'dev', services: many }), /the services s0, .*, s9 and 4 more\.$/);
  assert.match(
    refusalText(decideAccess({ role: 'operator', scope }, 'manage-tokens', nowhere), 'operator') ?? '',
    /takes admin\.$/,
  );
});

const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?$/);
const pattern = fc.oneof(
  name,
  name.map((text) => `${text}*`),
  fc.constant('*'),
);
const patterns = fc.option(fc.array(pattern, { maxLength: 4 }), { nil: null });
const subject = fc.record({
  role: fc.constantFrom(...roles),
  scope: fc.record({ environments: patterns, services: patterns }),
});
const anyPlace = fc.record({
  environment: fc.option(name, { nil: null }),
  services: fc.array(name, { maxLength: 4 }),
});
const anyAction = fc.constantFrom(...actionNames);

test('a name is in a scope when it is there, or begins with what stands before a star, and not else', () => {
  fc.assert(
    fc.property(patterns, name, (environments, environment) => {
      const { kind } = decideAccess({ role: 'developer', scope: { environments, services: null } }, 'deploy', {
        environment,
        services: [],
      });
      const inside =
        environments === null ||
        environments.some(
          (it) => it === environment || (it.at(-1) === '*' && environment.indexOf(it.slice(0, -1)) === 0),
        );
      assert.equal(kind, inside ? 'allowed' : 'environment');
    }),
  );
});

test('a wider scope never allows less, and more services never more', () => {
  fc.assert(
    fc.property(subject, anyAction, anyPlace, name, (who, action, at, more) => {
      const isAllowed = (scope: Scope, to: Place) => decideAccess({ ...who, scope }, action, to).kind === 'allowed';
      const widened: Scope = {
        environments: who.scope.environments === null ? null : [...who.scope.environments, more],
        services: who.scope.services === null ? null : [...who.scope.services, more],
      };
      if (isAllowed(who.scope, at)) assert.ok(isAllowed(widened, at) && isAllowed(everywhere, at));
      else assert.ok(!isAllowed(who.scope, { ...at, services: [...at.services, more] }));
    }),
  );
});

test('all services outside the scope are named, and none that is inside', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 3 }), fc.array(name, { maxLength: 6 }), (own, services) => {
      const scope: Scope = { environments: null, services: own };
      const decision = decideAccess({ role: 'operator', scope }, 'release', { environment: null, services });
      const outside = services.filter((service) => !own.includes(service));
      assert.deepEqual(decision, outside.length === 0 ? { kind: 'allowed' } : { kind: 'service', services: outside });
    }),
  );
});

test('a scope is written as a name or as the beginning of one with a star', () => {
  for (const right of ['dev', 'a', 'a1', 'pr-*', 'p*', '*', 'pr-1', `${'a'.repeat(39)}*`, 'a'.repeat(40)])
    assert.match(right, scopePattern, right);
  for (const wrong of ['', '-a', 'a-', '-*', 'a**', '*a', 'a*b', 'A', 'a.b', 'a b', 'dev\n', '?', 'a'.repeat(41)])
    assert.doesNotMatch(wrong, scopePattern, wrong);
});
