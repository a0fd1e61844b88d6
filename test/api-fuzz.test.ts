import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Client } from '../client/client.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { verifyLedgerFile } from '../server.ts';
import { createValueCheck, type ValueCheck } from '../tool/json-schema.ts';
import { objectOf, readOperations, textOf, type ReadOperation } from '../tool/openapi-reader.ts';
import { routeNames } from '../wire/operations.ts';
import { canary } from './support/canary.ts';
import { oddRequestsOf, requestsOf, type MadeRequest, type RawRequest } from './support/hostile-requests.ts';
import type { Likely } from './support/schema-arbitrary.ts';
import { startServed, type Served } from './support/served.ts';

/** Each request is answered within it, or it hangs; far more than a busy machine needs. */
const answerMs = 10_000;
/** How long the answer to a stream is read: it would not end. */
const streamMs = 50;
const runs = Number(process.env['DRAYAGE_FUZZ_RUNS'] ?? 30);
/**
 * One search is always the same. The other has a seed that is new, or given to see a failure again; its time is bounded,
 * so that a busy machine only sees less.
 */
const searches = [
  { seed: 20_261_121, numRuns: runs },
  {
    seed: Number(process.env['DRAYAGE_FUZZ_SEED'] ?? Date.now() % 2 ** 31),
    numRuns: runs,
    interruptAfterTimeLimit: runs * 30,
  },
];

const platform = `apiVersion: drayage/v1
kind: Platform
clusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe] } }
`;

/** What a sound server refuses whatever is asked. */
const neverGranted: ReadonlySet<string> = new Set(['recover']);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What the operations were seen to answer, so that it is known whether the requests get anywhere. */
interface Seen {
  readonly statuses: Set<number>;
  readonly codes: Set<string>;
}

suite('requests made from the OpenAPI document alone', () => {
  const seen = new Map<string, Seen>();
  let served: Served;
  let client: Client;
  let check: ValueCheck;
  let likely: Likely;
  let components: JsonObject = {};
  let operations: readonly ReadOperation[] = [];
  let headers: Readonly<Record<string, string>> = {};

  before(async () => {
    served = await startServed(platform);
    ({ client } = served);
    headers = { authorization: `Bearer ${served.token}`, origin: served.url };
    likely = await furnish(client, served.registry.host);
    const answer = await send({ method: 'GET', target: '/openapi.json', headers: {}, body: null });
    const document: JsonObject = JSON.parse(answer.text);
    components = objectOf(document['components']);
    operations = readOperations(document);
    check = createValueCheck(components);
  });
  after(async () => {
    await served.close();
  });

  /** Sends a request as it is and reads the answer; of a stream only what comes at first. Rejects when it takes too long. */
  async function send({ method, target, headers: given, body }: RawRequest): Promise<Answer> {
    const signal = AbortSignal.timeout(answerMs);
    return await new Promise((resolve, reject) => {
      const url = new URL(served.url);
      const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const outgoing = httpRequest(
        {
          agent: false,
          host: url.hostname,
          port: url.port,
          method,
          path: target,
          headers: { ...given, ...length },
          signal,
        },
        (incoming) => {
          const pieces: Buffer[] = [];
          const done = () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text: Buffer.concat(pieces).toString(),
            });
          incoming.on('data', (piece: Buffer) => pieces.push(piece));
          incoming.on('end', done).on('error', reject);
          if (incoming.headers['content-type']?.startsWith('text/event-stream') !== true) return;
          incoming.off('error', reject).on('error', () => {});
          setTimeout(() => {
            done();
            incoming.destroy();
          }, streamMs);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body ?? undefined);
    });
  }

  for (const name of routeNames()) {
    test(`${name} answers whatever is sent as the document says, and never with a bug`, async (t) => {
      const operation = operations.find(({ id }) => id === name);
      assert.ok(operation !== undefined, 'the document has it');
      for (const search of searches) {
        t.diagnostic(`seed ${search.seed}; DRAYAGE_FUZZ_SEED repeats it, DRAYAGE_FUZZ_RUNS looks longer`);
        await fc.assert(
          fc.asyncProperty(requestsOf(operation, { components, likely, signedIn: headers }), async (request) => {
            const answer = await send({ ...request, headers: uncompressed(request.headers) });
            judge(request, answer);
            note(request, answer);
          }),
          { ...search, endOnFailure: true },
        );
      }
    });
  }

  test('each parameter and member of each operation, odd by itself, is answered as the document says', async () => {
    for (const operation of operations) {
      for (const request of oddRequestsOf(operation, { components, likely, signedIn: headers })) {
        judge(request, await send({ ...request, headers: uncompressed(request.headers) }));
      }
    }
  });

  function judge(request: MadeRequest, answer: Answer): void {
    const { status, text } = answer;
    const type = answer.headers['content-type'] ?? '';
    const told = `${request.method} ${request.target.slice(0, 300)} -> ${status} ${text.slice(0, 500)}`;
    assert.ok(status >= 200 && status !== 500, told);
    const operation = operationOf(request);
    const described = operation?.answers.find((one) => one.status === status);
    if (request.method === 'HEAD') return assert.ok(status >= 400, told);
    if (type.startsWith('application/problem+json')) return judgeProblem(described?.codes ?? [], request, answer, told);
    assert.ok(answer.headers['x-request-id'] !== undefined, told);
    assert.ok(operation !== undefined && described !== undefined, `the document does not tell of ${status}: ${told}`);
    if (status === 304) return assert.equal(text, '', told);
    const media = Object.entries(described.content).find(([key]) => type.startsWith(key))?.[1];
    assert.ok(media !== undefined, `the document does not tell of ${type}: ${told}`);
    if (type.startsWith('application/json'))
      assert.equal(check(objectOf(media['schema']), JSON.parse(text)), null, told);
    if (type.startsWith('text/event-stream')) assert.match(text, /^(?:$|:|retry:|event:|id:)/, told);
    judgeTaken(operation, request, told);
  }

  /** Which operation a request goes to: with another method it may be one's neighbour, or none. */
  function operationOf({ method, template }: MadeRequest): ReadOperation | undefined {
    return operations.find((one) => one.method === method && one.path === template);
  }

  function judgeProblem(codes: readonly string[], request: MadeRequest, answer: Answer, told: string): void {
    const problem: Json = JSON.parse(answer.text);
    assert.equal(check({ $ref: '#/components/schemas/Problem' }, problem), null, told);
    assert.equal(objectOf(problem)['status'], answer.status, told);
    const code = textOf(objectOf(problem)['code']);
    const leadsNowhere = operationOf(request) === undefined || !request.isPathProper;
    const known = leadsNowhere ? [...codes, 'route.unknown', 'request.invalid'] : codes;
    assert.ok(known.includes(code), `the document does not tell of ${code}: ${told}`);
    if (answer.status === 429 || answer.status === 503)
      assert.match(answer.headers['retry-after'] ?? '', /^[1-9][0-9]*$/, told);
  }

  /** What the document does not allow is no success. */
  function judgeTaken(operation: ReadOperation, { target, value, body }: MadeRequest, told: string): void {
    const schema = operation.body?.media['schema'];
    if (body !== null && value !== null) assert.equal(check(objectOf(schema), value), null, told);
    const names = [...new URL(target, served.url).searchParams.keys()];
    const known = operation.parameters.filter(({ place }) => place === 'query').map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !known.includes(name)),
      [],
      `an unknown query parameter was taken: ${told}`,
    );
    assert.equal(new Set(names).size, names.length, `a query parameter was taken twice: ${told}`);
  }

  function note(request: MadeRequest, { status, text }: Answer): void {
    const id = operationOf(request)?.id;
    if (id === undefined) return;
    const of = seen.get(id) ?? { statuses: new Set(), codes: new Set() };
    seen.set(id, of);
    of.statuses.add(status);
    const code = /^\{"type":"urn:[^"]*:([^":]+)"/.exec(text)?.[1];
    if (code !== undefined) of.codes.add(code);
  }

  test('every operation was seen to succeed and to refuse', (t) => {
    for (const { id, answers } of operations) {
      const { statuses, codes } = seen.get(id) ?? { statuses: new Set<number>(), codes: new Set<string>() };
      t.diagnostic(`${id}: ${[...statuses].join(' ')}; ${[...codes].join(' ')}`);
      const successes = answers.map(({ status }) => status).filter((status) => status < 300);
      assert.ok(neverGranted.has(id) || successes.some((status) => statuses.has(status)), `${id} never succeeded`);
      assert.ok(codes.has('request.invalid'), `${id} never refused a request`);
    }
  });

  test('the server is as well as before, and its ledger verifies', async () => {
    const ready = await send({ method: 'GET', target: '/readyz', headers: {}, body: null });
    assert.equal(ready.status, 200, ready.text);
    const verdict = await verifyLedgerFile(served.data, AbortSignal.timeout(30_000));
    assert.equal(verdict.kind, 'whole', JSON.stringify(verdict));
  });
});

/** What is asked for is read as it is. */
function uncompressed(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...headers, 'accept-encoding': 'identity' };
}

/** Makes some of everything, and says how it is called. One deployment has ended, and one goes on for long. */
async function furnish(client: Client, registry: string): Promise<Likely> {
  const compose = (service: string, monitor: string) => ({
    name: 'compose.yaml',
    text: `services:\n  ${service}:\n    image: ${registry}/${service}:1\n    deploy: { update_config: { monitor: ${monitor} } }\n`,
  });
  const deployed = async (service: string, monitor: string) => {
    await client.call('createRelease', { body: { service, version: '1', compose: compose(service, monitor) } });
    const wanted = { kind: 'change', environment: 'dev', set: { [service]: '1' } } as const;
    const accepted = await client.call('deploy', { body: { wanted } });
    assert.ok(accepted.kind === 'accepted');
    return accepted.deployment;
  };
  const cart = await deployed('cart', '1s');
  for (let count = 0; ; count += 1) {
    if ((await client.call('getDeployment', { params: { deployment: cart } })).phase === 'ended') break;
    assert.ok(count < 300, 'the deployment does not end');
    await sleep(100);
  }
  const slow = await deployed('slow', '10m');
  const value = Buffer.from(canary('fuzz')).toString('base64');
  await client.call('setSecret', { params: { environment: 'dev' }, body: { secret: 'password', value } });
  const spare = await client.call('createToken', { body: { name: 'spare', role: 'viewer' } });
  const vex = Buffer.from('{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}').toString('base64');
  const text = 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices:\n  cart: "1"\n';
  return {
    service: ['cart', 'slow'],
    version: ['1'],
    environment: ['dev'],
    a: [{ kind: 'environment', environment: 'dev' }],
    b: [{ kind: 'release', service: 'cart', version: '1' }],
    cluster: ['fe'],
    component: ['cart'],
    deployment: [cart, slow],
    to: [cart, null],
    compose: [compose('cart', '1s'), compose('other', '1s')],
    document: [{ name: 'dev.yaml', text }],
    base: [1, null],
    sequence: [1, 5],
    tile: ['0/000.p/1', 'entries/000.p/5'],
    set: [{ cart: '1' }, { cart: '2' }],
    secret: ['password'],
    value: [value],
    content: [vex],
    compressed: [false],
    files: [{}],
    overrides: [[]],
    sources: [{}],
    profiles: [[]],
    allowRemove: [['slow'], []],
    expectPlan: [null],
    token: [spare.id, spare.secret],
    of: [cart],
    role: ['viewer'],
    order: ['newest', 'oldest'],
    after: [0, 3],
    'Last-Event-ID': ['2'],
  };
}
