import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import { inputOf, serveUntilLetGo } from '../support/child.ts';

/**
 * A server that does nothing but keep: each POST becomes one durable row of as many bytes as Drayage keeps for the same
 * request, and is answered with 202 once that is durable. `group` keeps what waits in one transaction, in a thread of
 * its own; `each` inserts at once, in the request.
 */
const input = z.object({
  mode: z.enum(['group', 'each']),
  database: z.string(),
  /** A file with the bytes to keep for one request. */
  content: z.string(),
});
const given = inputOf((value) => input.parse(value));

/** Keeps one row; `done` is called once it is durable, with its number. */
type Keep = (key: string, done: (sequence: number) => void) => void;

interface Keeper {
  readonly keep: Keep;
  close(): Promise<unknown>;
}

function keepEach(): Keeper {
  const database = new DatabaseSync(given.database);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  database.exec('CREATE TABLE kept (sequence INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, content BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO kept (key, content) VALUES (?, ?)');
  const content = readFileSync(given.content);
  return {
    keep: (key, done) => done(Number(insert.run(key, content).lastInsertRowid)),
    close: async () => await Promise.resolve(database.close()),
  };
}

function keepInGroups(): Keeper {
  const { database, content } = given;
  const worker = new Worker(new URL('./bare-writer.ts', import.meta.url), { workerData: { database, content } });
  const waiting = new Map<string, (sequence: number) => void>();
  worker.on('message', (kept: readonly { readonly key: string; readonly sequence: number }[]) => {
    for (const { key, sequence } of kept) {
      waiting.get(key)?.(sequence);
      waiting.delete(key);
    }
  });
  return {
    keep: (key, done) => {
      waiting.set(key, done);
      worker.postMessage(key);
    },
    close: async () => await worker.terminate(),
  };
}

const keeper = given.mode === 'group' ? keepInGroups() : keepEach();

function answer(request: IncomingMessage, response: ServerResponse): void {
  const key = request.headers['idempotency-key'];
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    JSON.parse(Buffer.concat(pieces).toString());
    if (typeof key !== 'string') return void response.writeHead(400).end();
    keeper.keep(key, (sequence) => {
      const text = JSON.stringify({ sequence });
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': text.length });
      response.end(text);
    });
  });
}

const server = createServer(answer);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  serveUntilLetGo({ url: `http://127.0.0.1:${port}` }, async () => {
    server.close();
    server.closeAllConnections();
    await keeper.close();
  });
});
