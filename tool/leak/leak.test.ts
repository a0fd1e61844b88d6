import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { runTestFiles } from '../test-run.ts';
import { createStreamSearch, findNeedle, needlesOf, newMark } from './needle.ts';

const support = join(import.meta.dirname, '../../test/support/canary.ts');
const head = `import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { canary, lookForCanaries, noteToken, placeOfSecret } from '${support}';
const folder = mkdtempSync(join(tmpdir(), 'it-'));
const value = canary('planted', '/+"');
async function answer(body, headers = {}) {
  const server = createServer((request, response) => response.writeHead(200, headers).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await (await fetch('http://127.0.0.1:' + server.address().port + '/secrets')).text();
  server.close();
}
`;

/** Runs one planted test, and gives what its report holds against it. */
async function problemsOf(t: TestContext, work: string) {
  const root = mkdtempSync(join(tmpdir(), 'drayage-leak-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'a.test.ts'), `${head}test('it', async () => {\n${work}\n});\n`);
  const [report] = await runTestFiles(['a.test.ts'], {
    root,
    scratch: mkdtempSync(join(root, 's-')),
    allowedSkips: [],
    limitMs: { unit: 60_000, browser: 1, engine: 1, soak: 1 },
    atOnce: { unit: 1, browser: 1, engine: 1, soak: 1 },
    alone: [],
    longest: [],
    onStart: () => {},
    onEnd: () => {},
  });
  assert.ok(report !== undefined);
  assert.equal(report.passed, 1, report.output);
  return { problems: report.problems, leaks: report.leaks };
}

const leaks: readonly (readonly [what: string, work: string, told: RegExp])[] = [
  ['in a file that is left behind', "writeFileSync(join(folder, 'left'), value);", /it-\w+\/left \(as it is\)/],
  [
    'in a file that is removed',
    "writeFileSync(join(folder, 'a'), value); rmSync(folder, { recursive: true });",
    /\/a /,
  ],
  ['removed by promise', "writeFileSync(join(folder, 'a'), value); await rm(folder, { recursive: true });", /\/a /],
  ['in the name of a file', "writeFileSync(join(folder, value.replace('/', '')), '');", /in its name/],
  ['in base64', "writeFileSync(join(folder, 'a'), Buffer.from('x' + value).toString('base64url'));", /\(base64\)/],
  ['in hexadecimal', "writeFileSync(join(folder, 'a'), Buffer.from(value).toString('hex'));", /\(hexadecimal\)/],
  ['in a URL', "writeFileSync(join(folder, 'a'), encodeURIComponent(value));", /\/a \(as it is\)/],
  ['in JSON', "writeFileSync(join(folder, 'a'), JSON.stringify({ value }));", /\/a \(as it is\)/],
  ['cut in two', "writeFileSync(join(folder, 'a'), value.slice(10));", /\/a \(as it is\)/],
  [
    'in the layer of an image',
    "writeFileSync(join(folder, 'data'), gzipSync(value));",
    /\/data \(as it is, unpacked\)/,
  ],
  [
    'in a row that a database has deleted',
    `const database = new DatabaseSync(join(folder, 'a.db'));
database.exec('PRAGMA journal_mode = WAL; PRAGMA secure_delete = OFF; CREATE TABLE a (b)');
database.prepare('INSERT INTO a VALUES (?)').run(value);
database.exec('DELETE FROM a; PRAGMA wal_checkpoint(TRUNCATE)');
database.close();`,
    /a\.db \(as it is\)/,
  ],
  [
    'in a write-ahead log',
    `const database = new DatabaseSync(join(folder, 'a.db'));
database.exec('PRAGMA journal_mode = WAL; CREATE TABLE a (b)');
database.prepare('INSERT INTO a VALUES (?)').run(value);
rmSync(join(folder, 'a.db-wal'));`,
    /a\.db-wal \(as it is\)/,
  ],
  ['in an answer', "await answer('{' + value + '}');", /the answer to GET \/secrets/],
  ['in a header', "await answer('', { 'x-a': Buffer.from(value).toString('hex') });", /the answer to GET \/secrets/],
  [
    'in an answer that is packed',
    "await answer(gzipSync(value), { 'content-encoding': 'gzip' });",
    /the answer to GET \/secrets \(as it is\)/,
  ],
  ['in an argument', "spawnSync('true', ['--password', value]); await 0;", /an argument of true/],
  [
    'in the log of a program',
    "await once(spawn('sh', ['-c', 'cat >&2'], { stdio: ['pipe', 'pipe', 'pipe'] }).on('spawn', function () { this.stdin.end(value); }), 'close');",
    /what sh logged/,
  ],
  [
    'in what a program prints',
    "const child = spawn('cat'); child.stdin.end(value); await once(child, 'close');",
    /what cat wrote/,
  ],
  ['in what the test prints', 'console.log(value);', /what the test printed/],
  ['in a page', "lookForCanaries('a page', '<p>' + value);", /a page \(as it is\)/],
  [
    'a token in a file',
    "noteToken('dray_0123456789abcdef'); writeFileSync(join(folder, 'a'), 'dray_0123456789abcdef'); rmSync(folder, { recursive: true });",
    /\/a /,
  ],
];

for (const [what, work, told] of leaks) {
  test(`a canary is found ${what}`, async (t) => {
    const { problems } = await problemsOf(t, work);
    assert.ok(problems.every((problem) => problem.startsWith('a canary has leaked: ')));
    assert.ok(
      problems.some((problem) => told.test(problem)),
      problems.join('\n'),
    );
  });
}

test('what lies in its place, and what was never written, is no leak; it is counted what was looked at', async (t) => {
  const work = `writeFileSync(placeOfSecret(join(folder, 'source')), value);
writeFileSync(join(folder, 'other'), 'harmless');
rmSync(folder, { recursive: true });
await answer('harmless');`;
  const { problems, leaks: found } = await problemsOf(t, work);
  assert.deepEqual(problems, []);
  assert.deepEqual(found.skipped, []);
  const { canaries, files, places, answers } = found.searched;
  assert.deepEqual({ canaries, files, places, answers }, { canaries: 1, files: 1, places: 1, answers: 1 });
});

test('what cannot be looked at is told', async (t) => {
  const { problems, leaks: found } = await problemsOf(
    t,
    "writeFileSync(join(folder, 'broken'), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0])); rmSync(folder, { recursive: true });",
  );
  assert.deepEqual(problems, []);
  assert.match(found.skipped.join('\n'), /broken: not unpacked/);
});

test('a mark is found at every offset of base64, and wherever a stream is cut', () => {
  const mark = newMark();
  const needles = needlesOf(mark);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 50 }), fc.nat(), (before, after, cut) => {
      const whole = Buffer.concat([before, Buffer.from(mark), after]);
      const written = [whole.toString('base64'), whole.toString('base64url'), whole.toString('hex')];
      for (const text of written) assert.ok(findNeedle(Buffer.from(text), needles) !== null);
      const search = createStreamSearch(needles);
      const at = cut % whole.length;
      const found = [search(whole.subarray(0, at)), search(whole.subarray(at))];
      assert.ok(found.some((each) => each !== null));
    }),
  );
});
