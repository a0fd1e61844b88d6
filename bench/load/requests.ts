import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { Client } from 'undici';
import { inputOf, tell } from '../support/child.ts';

/**
 * Posts the requests of a file over so many connections, each connection one after the other, and writes down what was
 * answered. Says how long that took after the first `warmUp` requests, from the first byte sent to the last answer.
 */
const input = z.object({
  url: z.string(),
  path: z.string(),
  /** A JSON array of requests. */
  requests: z.string(),
  /** Where the answers go: a JSON array in the order of the requests. */
  answers: z.string(),
  connections: z.int().min(1),
  warmUp: z.int().min(0),
});
const requestsOf = z.array(z.object({ headers: z.record(z.string(), z.string()), body: z.string() }));

type Request = z.infer<typeof requestsOf>[number];
interface Answer {
  readonly status: number;
  readonly body: string;
}

const given = inputOf((value) => input.parse(value));
const requests = requestsOf.parse(JSON.parse(readFileSync(given.requests, 'utf8')));
const answers: Answer[] = [];
const clients = Array.from({ length: given.connections }, () => new Client(given.url, { pipelining: 1 }));

async function post(client: Client, { headers, body }: Request): Promise<Answer> {
  const all = { 'content-type': 'application/json', ...headers };
  const response = await client.request({ method: 'POST', path: given.path, headers: all, body });
  return { status: response.statusCode, body: await response.body.text() };
}

/** Sends the requests from one place in the list to another; each connection takes the next that nobody took. */
async function postAll(from: number, to: number): Promise<void> {
  let next = from;
  const work = async (client: Client): Promise<void> => {
    while (next < to) {
      const index = next;
      next += 1;
      const request = requests[index];
      if (request !== undefined) answers[index] = await post(client, request);
    }
  };
  await Promise.all(clients.map(work));
}

await postAll(0, given.warmUp);
const beganMs = performance.now();
await postAll(given.warmUp, requests.length);
const ms = performance.now() - beganMs;
await Promise.all(clients.map(async (client) => await client.close()));
writeFileSync(given.answers, JSON.stringify(answers));
tell({ ms });
