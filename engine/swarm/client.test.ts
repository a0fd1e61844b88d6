import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isFault } from '../../core/fault.ts';
import { createGate, withDeadline } from './bounded.ts';
import { openDockerClient, type DockerClient } from './client.ts';

const signal = new AbortController().signal;

/** An HTTP server that answers as an engine would, and a client of it. */
async function withEngine(
  answer: (path: string, response: ServerResponse) => void,
  work: (client: DockerClient) => Promise<void>,
  apiVersion = '1.41',
): Promise<void> {
  const server: Server = createServer((request, response) => {
    if (request.url !== '/_ping') answer(request.url ?? '', response);
    else response.setHeader('api-version', apiVersion).end('OK');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is never a path
  const { port } = server.address() as AddressInfo;
  const client = openDockerClient({ cluster: 'fe', endpoint: `tcp://127.0.0.1:${port}` }, 300);
  try {
    await work(client);
  } finally {
    await client.close();
    server.closeAllConnections();
    server.close();
  }
}

function answers(status: number, body: string) {
  return (_path: string, response: ServerResponse) => {
    response.writeHead(status).end(body);
  };
}

const get = { method: 'GET', path: '/services' } as const;

test('the newest version that both sides know is spoken', async () => {
  for (const [theirs, spoken] of [
    ['1.41', '/v1.41/services'],
    ['1.99', '/v1.47/services'],
  ] as const) {
    const paths: string[] = [];
    const answer = (path: string, response: ServerResponse) => {
      paths.push(path);
      response.end('[]');
    };
    await withEngine(answer, async (client) => void (await client.call(get, signal)), theirs);
    assert.deepEqual(paths, [spoken]);
  }
});

test('an engine that is too old is refused', async () => {
  const work = async (client: DockerClient) => {
    await assert.rejects(client.call(get, signal), (cause: unknown) => isFault(cause, 'engine.refused'));
  };
  await withEngine(answers(200, '[]'), work, '1.40');
});

test('what the caller can go on with is a value, everything else a fault', async () => {
  const table = [
    [404, '{"message":"service x not found"}', 'absent'],
    [409, '{"message":"name taken"}', 'conflict'],
    [500, '{"message":"rpc error: name conflicts with an existing object"}', 'conflict'],
    [500, '{"message":"rpc error: update out of sequence"}', 'out-of-sequence'],
    [500, '{"message":"network x not found"}', 'absent'],
    [400, '{"message":"invalid mount"}', 'engine.refused'],
    [500, '{"message":"raft is gone"}', 'engine.unreachable'],
    [503, 'not JSON', 'engine.unreachable'],
    [200, 'not JSON', 'engine.unreachable'],
  ] as const;
  for (const [status, body, expected] of table)
    await withEngine(answers(status, body), async (client) => {
      const outcome = await client.call(get, signal).then(
        ({ kind }) => kind,
        (cause: unknown) => (isFault(cause) ? cause.code : cause),
      );
      assert.equal(outcome, expected, body);
    });
});

test("the engine's own words are in the fault", async () => {
  await withEngine(answers(400, '{"message":"invalid mount target"}'), async (client) => {
    await assert.rejects(client.call(get, signal), /invalid mount target/);
  });
});

test('a silent engine is unreachable after the deadline, one that talks for ever likewise', async () => {
  const unreachable = (cause: unknown) => isFault(cause, 'engine.unreachable');
  await withEngine(
    () => undefined,
    async (client) => {
      await assert.rejects(client.call(get, signal), unreachable);
    },
  );
  const drip = (_path: string, response: ServerResponse) => {
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  await withEngine(drip, async (client) => {
    await assert.rejects(client.call(get, signal), unreachable);
  });
});

test("the caller's signal ends a call with its own reason, also one that waits for its turn", async () => {
  await withEngine(
    () => undefined,
    async (client) => {
      const reason = new Error('enough');
      const life = new AbortController();
      const calls = Array.from({ length: 20 }, async () => await client.call(get, life.signal));
      life.abort(reason);
      for (const result of await Promise.allSettled(calls))
        assert.equal(result.status === 'rejected' && result.reason, reason);
    },
  );
});

test('a stream that breaks is a fault, one of an object that is not there another', async () => {
  const collect = async (client: DockerClient) => {
    for await (const _piece of client.stream('/events', signal));
  };
  const breaking = (_path: string, response: ServerResponse) => {
    response.write('x');
    setImmediate(() => response.destroy());
  };
  await withEngine(breaking, async (client) => {
    await assert.rejects(collect(client), (cause: unknown) => isFault(cause, 'engine.unreachable'));
  });
  await withEngine(answers(404, '{"message":"no such service"}'), async (client) => {
    await assert.rejects(collect(client), (cause: unknown) => isFault(cause, 'engine.unknown-object'));
  });
});

test('an endpoint of no known form is refused when it is opened', () => {
  for (const endpoint of ['ssh://host', 'tcp://host', 'unix://relative', 'tcp://user@host:1'])
    assert.throws(
      () => openDockerClient({ cluster: 'fe', endpoint }, 300),
      (cause: unknown) => isFault(cause, 'platform.invalid'),
    );
});

test('a gate lets only so many in, in their order, and refuses when the line is full', async () => {
  const gate = createGate(1, 2);
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const pass = async (name: string, until: Promise<void> = Promise.resolve()) =>
    await gate.pass(signal, async () => {
      order.push(name);
      await until;
    });
  const passes = [pass('a', first.promise), pass('b'), pass('c')];
  await assert.rejects(pass('d'), /waiting already/);
  assert.deepEqual(order, ['a']);
  first.resolve();
  await Promise.all(passes);
  assert.deepEqual(order, ['a', 'b', 'c']);
  await pass('e');
});

test('a caller that gives up leaves the line, and its place goes to the next', async () => {
  const gate = createGate(1, 2);
  const first = Promise.withResolvers<void>();
  const inside = gate.pass(signal, async () => await first.promise);
  const life = new AbortController();
  const waiting = gate.pass(life.signal, async () => await Promise.resolve());
  const last = gate.pass(signal, async () => await Promise.resolve('in'));
  life.abort(new Error('left'));
  await assert.rejects(waiting, /left/);
  first.resolve();
  await inside;
  assert.equal(await last, 'in');
});

test('work that does not heed its signal is left behind at the deadline', async () => {
  const never = new Promise<never>(() => undefined);
  await assert.rejects(
    withDeadline(20, signal, async () => await never),
    /no answer within 20 ms/,
  );
});
