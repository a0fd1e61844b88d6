import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';

/** The thread of the bare server that writes: what came while a transaction ran goes into the next one together. */
const given = z.object({ database: z.string(), content: z.string() }).parse(workerData);
const batchMost = 256;

const database = new DatabaseSync(given.database);
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
database.exec('CREATE TABLE kept (sequence INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, content BLOB NOT NULL)');
const insert = database.prepare('INSERT INTO kept (key, content) VALUES (?, ?)');
const content = readFileSync(given.content);
let waiting: string[] = [];

function keepWaiting(): void {
  const batch = waiting.slice(0, batchMost);
  waiting = waiting.slice(batchMost);
  database.exec('BEGIN IMMEDIATE');
  const kept = batch.map((key) => ({ key, sequence: Number(insert.run(key, content).lastInsertRowid) }));
  database.exec('COMMIT');
  parentPort?.postMessage(kept);
  if (waiting.length > 0) setImmediate(keepWaiting);
}

parentPort?.on('message', (key: string) => {
  waiting.push(key);
  if (waiting.length === 1) setImmediate(keepWaiting);
});
