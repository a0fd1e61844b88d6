import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parse } from 'yaml';
import * as z from 'zod';
import { inputOf, tell } from '../support/child.ts';

/**
 * Parses and hashes, once each, all the bytes that a plan is made of: the document that asks for it, the stored
 * documents that it reads, and the plan and the targets that it makes. How long that took.
 */
const given = inputOf((value) =>
  z.object({ directory: z.string(), warmUp: z.string(), measured: z.string() }).parse(value),
);
const bytesOf = z.object({
  stored: z.array(z.string()),
  document: z.string(),
  made: z.array(z.string()),
  digest: z.string(),
});
const database = new DatabaseSync(join(given.directory, 'data', 'ledger.db'), { readOnly: true });
const read = database.prepare('SELECT bytes FROM blob WHERE digest = ?');

function load(environment: string) {
  return bytesOf.parse(JSON.parse(readFileSync(join(given.directory, `${environment}.json`), 'utf8')));
}

function parseAndHash({ stored, document, made }: z.infer<typeof bytesOf>) {
  let bytes = document.length;
  parse(document);
  hash('sha256', document, 'hex');
  let isRight = true;
  for (const digest of stored) {
    const content = read.get(digest)?.['bytes'];
    if (!(content instanceof Uint8Array)) throw new Error(`${digest} is not stored`);
    JSON.parse(new TextDecoder().decode(content));
    isRight &&= hash('sha256', content, 'hex') === digest;
    bytes += content.length;
  }
  for (const text of made) {
    JSON.parse(text);
    hash('sha256', text, 'hex');
    bytes += text.length;
  }
  return { bytes, isRight };
}

parseAndHash(load(given.warmUp));
const measured = load(given.measured);
const beganMs = performance.now();
const result = parseAndHash(measured);
const ms = performance.now() - beganMs;
database.close();
tell({ ms, ...result, documents: measured.stored.length + measured.made.length + 1 });
