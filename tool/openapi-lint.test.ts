import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../core/json.ts';
import { createValueMaker } from '../test/support/schema-arbitrary.ts';
import { openApiDocument } from '../wire/openapi.ts';
import { routeNames } from '../wire/operations.ts';
import { routes, type Route } from '../wire/routes.ts';
import { createValueCheck } from './json-schema.ts';
import { openApiViolations, ruleViolations } from './openapi-lint.ts';
import { objectOf, readOperations } from './openapi-reader.ts';

const document = openApiDocument('0.0.0');
const components = objectOf(document['components']);
const check = createValueCheck(components);
const operations = new Map(readOperations(document).map((operation) => [operation.id, operation]));

test('the OpenAPI document is OpenAPI 3.1 and keeps the rules of the house', async () => {
  assert.deepEqual(await openApiViolations(document), []);
});

test('the document has every route of the contract once, under its method and path', () => {
  const told = [...operations.values()].map(({ id, method, path }) => `${id} ${method} ${path}`);
  const wanted = routeNames().map(
    (name) => `${name} ${routes[name].method} ${routes[name].path.replaceAll(/:(\w+)/g, '{$1}')}`,
  );
  assert.deepEqual(told.toSorted(), wanted.toSorted());
});

/** The document with something else at a path of keys; undefined takes it away. */
function planted(
  path: readonly (string | number)[],
  change: (before: Json | undefined) => Json | undefined,
): JsonObject {
  const plant = (at: Json | undefined, [key, ...rest]: readonly (string | number)[]): Json | undefined => {
    if (key === undefined) return change(at);
    if (Array.isArray(at)) return at.map((item: Json, index) => (index === key ? (plant(item, rest) ?? null) : item));
    const whole = objectOf(at);
    const { [key]: member, ...others } = whole;
    const now = plant(member, rest);
    return now === undefined ? others : { ...others, [key]: now };
  };
  return objectOf(plant(document, path));
}

const gone = () => undefined;
const as = (value: Json) => () => value;
const deploy = ['paths', '/v1/deployments', 'post'];
const releases = ['paths', '/v1/releases', 'get'];
const schemas = ['components', 'schemas'];

const defects: readonly (readonly [what: string, planted: JsonObject, names: RegExp])[] = [
  ['no operationId', planted([...deploy, 'operationId'], gone), /POST \/v1\/deployments: has no operationId/],
  ['an operationId twice', planted([...deploy, 'operationId'], as('plan')), /operationId plan stands twice/],
  ['an unknown tag', planted([...deploy, 'tags'], as(['nonsense'])), /not exactly one tag/],
  ['no summary', planted([...deploy, 'summary'], as('deploys')), /summary is no sentence/],
  ['a changing route without description', planted([...deploy, 'description'], gone), /has no description/],
  ['no access', planted([...deploy, 'x-access'], gone), /does not say who may call it/],
  ['a route that needs a token open to all', planted([...deploy, 'security'], as([])), /security and x-access differ/],
  ['no success', planted([...releases, 'responses', '200'], gone), /has no answer for success/],
  ['no failure', planted([...releases, 'responses', '500'], gone), /does not say how it fails/],
  [
    'a parameter not described',
    planted([...releases, 'parameters', 0, 'description'], gone),
    /parameter service has no/,
  ],
  [
    'a path parameter missing',
    planted(['paths', '/v1/releases/{service}/{version}', 'get', 'parameters', 1, 'name'], as('other')),
    /path parameters are not those/,
  ],
  [
    'a request that takes unknown members',
    planted([...schemas, 'PlanRequest', 'additionalProperties'], gone),
    /body takes unknown members/,
  ],
  [
    'a member of a request not described',
    planted([...schemas, 'PlanRequest', 'properties', 'allowRemove', 'description'], gone),
    /body\.allowRemove has no description/,
  ],
  [
    'an answer that refuses new members',
    planted([...schemas, 'ReleaseSummary', 'additionalProperties'], as(false)),
    /200\.items\[\] refuses new members/,
  ],
  [
    'a null that means nothing',
    planted([...schemas, 'DeploymentSummary', 'properties', 'endedAt', 'description'], gone),
    /endedAt does not say what null means/,
  ],
  [
    'a failure that is no problem document',
    planted([...deploy, 'responses', '409', 'content'], as({ 'text/plain': { schema: { type: 'string' } } })),
    /409 is no problem document/,
  ],
  ['a failure without codes', planted([...deploy, 'responses', '409', 'x-codes'], gone), /409 names no code/],
  [
    'a 503 without Retry-After',
    planted([...deploy, 'responses', '503', 'headers', 'Retry-After'], gone),
    /503 has no Retry-After/,
  ],
  ['a list without ETag', planted([...releases, 'responses', '200', 'headers', 'ETag'], gone), /200 has no ETag/],
  [
    'an example that does not fit',
    planted([...deploy, 'requestBody', 'content', 'application/json', 'example', 'expectPlan'], as('abc')),
    /the example of request: value\/expectPlan/,
  ],
  [
    'an example of an answer that does not fit',
    planted([...releases, 'responses', '200', 'content', 'application/json', 'example', 'items'], as([1])),
    /the example of 200: value\/items\/0/,
  ],
  ['a component not described', planted([...schemas, 'Digest', 'description'], gone), /component Digest has no/],
  [
    'a component not used',
    planted([...schemas, 'Spare'], as({ description: 'Spare.' })),
    /component Spare is not used/,
  ],
];

suite('the lint of the OpenAPI document finds', () => {
  for (const [what, wrong, names] of defects) {
    test(what, () => {
      assert.match(ruleViolations(wrong, check).join('\n'), names);
    });
  }

  test('a reference that leads nowhere', () => {
    const wrong = planted([...schemas, 'Receipt', 'properties', 'hash', '$ref'], as('#/components/schemas/Nothing'));
    assert.match(ruleViolations(wrong).join('\n'), /component Receipt: no JSON Schema: .*Nothing/);
  });

  test('a document that is not OpenAPI 3.1', async () => {
    const wrong = planted([...deploy, 'responses', '409', 'description'], gone);
    assert.match((await openApiViolations(wrong)).join('\n'), /not OpenAPI 3\.1/);
  });
});

suite('the document says what the schemas of the contract do', () => {
  const maker = createValueMaker(components);
  const runs = { numRuns: 25 };

  for (const name of routeNames()) {
    const operation = operations.get(name);
    const route: Route = routes[name];
    assert.ok(operation !== undefined);
    const { body, response } = route;

    if (body !== null) {
      const schema = objectOf(operation.body?.media['schema']);
      test(`a body of ${name} that the document allows is read, and with one more member neither`, () => {
        fc.assert(
          fc.property(maker.valuesOf(schema), (value) => {
            assert.equal(check(schema, value), null);
            assert.ok(body.safeParse(value).success, JSON.stringify(body.safeParse(value).error?.issues));
            const more = { ...objectOf(value), nonsense: 1 };
            assert.notEqual(check(schema, more), null);
            assert.ok(!body.safeParse(more).success);
          }),
          runs,
        );
      });
    }

    if (response === null) continue;
    const success = operation.answers.find(({ status }) => status < 300);
    const schema = objectOf(success?.content['application/json']?.['schema']);

    test(`an answer of ${name} that the document allows is one by the contract, and with one more member too`, () => {
      fc.assert(
        fc.property(maker.valuesOf(schema), (value) => {
          assert.equal(check(schema, value), null);
          const read = response.parse(value);
          assert.deepEqual(read, value);
          assert.equal(check(schema, { ...objectOf(value), laterMember: 1 }), null);
        }),
        runs,
      );
    });
  }
});
