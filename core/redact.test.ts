import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineRedactor, createRedactor } from './redact.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const asForm = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);
const asJson = (text: string) => JSON.stringify(text).slice(1, -1);
const asAscii = (text: string) =>
  asJson(text).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const allEscaped = (text: string) =>
  Array.from(text, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`),
  )
    .flat()
    .join('');
const allPercent = (text: string) =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const encoders: readonly ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  // The digits of the bytes, not the letters of the value, which would be another one.
  (text) => encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
  asForm,
  allPercent,
  asJson,
  asAscii,
  allEscaped,
  base64,
  base64url,
];

/** One line of at least four characters, of any script, without what is no character. */
const secret = fc
  .string({ unit: 'binary', minLength: 4, maxLength: 20 })
  .filter((text) => text.isWellFormed() && text.length >= 4 && !/[\r\n]/.test(text) && !text.includes('*'));

const around = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });

/** All that a text can be read as by undoing one encoding, wherever it stands. */
function readingsOf(text: string): readonly string[] {
  const decodings = [0, 1, 2, 3].map((from) => Buffer.from(text.slice(from), 'base64').toString());
  return [text, text.replaceAll('+', ' '), ...decodings];
}

test('a known value never survives, in whatever encoding and wherever it stands (property)', () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 2 }),
      fc.nat(),
      fc.constantFrom(...encoders),
      around,
      around,
      (secrets, pick, encode, before, after) => {
        const value = secrets[pick % secrets.length] ?? '';
        const encoded = encode(value);
        // What stands around must not be the value by itself.
        fc.pre(!(before + after).includes(encoded));
        const redacted = createRedactor(secrets)(`${before} ${encoded} ${after}`);
        assert.ok(!redacted.includes(value), redacted);
        if (encode !== base64 && encode !== base64url) assert.ok(!redacted.includes(encoded), redacted);
        else assert.ok(!redacted.includes(encoded.replaceAll('=', '').slice(0, -1)), redacted);
        found += 1;
      },
    ),
    { numRuns: 120 },
  );
  assert.ok(found > 60);
});

test('a known value never survives inside the base64 of more, whatever stands before and behind it (property)', () => {
  fc.assert(
    fc.property(secret, around, around, fc.boolean(), (value, before, after, isUrl) => {
      fc.pre(!(before + after).includes(value));
      const text = (isUrl ? base64url : base64)(`${before}${value}${after}`);
      const redacted = createRedactor([value])(`auth=${text};`);
      for (const part of redacted.split(/[^\w+/-]/)) {
        for (const reading of readingsOf(part)) assert.ok(!reading.includes(value), redacted);
      }
    }),
    { numRuns: 100 },
  );
});

test('text without a secret stays as it is', () => {
  const redact = createRedactor(['hunter2-hunter2']);
  const lines = [
    'listening on http://0.0.0.0:8080/healthz',
    'user ada@example.com signed in',
    'Error: basic setup is missing; the bearer of this letter',
    'postgres://db:5432/shop is up',
    'authorization was checked',
    'dray_ is the prefix',
  ];
  for (const line of lines) assert.equal(redact(line), line);
});

test('what has the form of a secret is taken out, and what stands around it is kept', () => {
  const redact = createRedactor([]);
  const token = 'dray_9Lw3b5Wq1c0Z7xYtUvR4sEaPoKjHnMgFdSqWe2Xr8Ty';
  const cases: readonly (readonly [string, string])[] = [
    [`token ${token} used`, 'token dray_*** used'],
    ['cookie: drays_9Lw3b5Wq1c0Z7xYtUvR4sEaPoKjHnMgFdSqWe2Xr8Ty', 'cookie: drays_***'],
    ['> Authorization: Bearer abc.def.ghi', '> Authorization: Bearer ***'],
    ['{"authorization":"Basic dXNlcjpwYXNz","path":"/"}', '{"authorization":"Basic ***","path":"/"}'],
    ['map[Authorization:[Bearer abc] Accept:[*/*]]', 'map[Authorization:[Bearer ***] Accept:[*/*]]'],
    ['authorization=s3cr3t status=401', 'authorization=*** status=401'],
    ['X-Registry-Auth: eyJ1c2VybmFtZSI6ImEifQ==', 'X-Registry-Auth: ***'],
    ['sent bearer eyJhbGciOiJIUzI1NiJ9.e30.sig', 'sent bearer ***'],
    ['connect postgres://shop:p@ss@db:5432/shop failed', 'connect postgres://***@db:5432/shop failed'],
    ['clone https://ghp_abcdef@github.com/x/y', 'clone https://***@github.com/x/y'],
    [
      'key: -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY----- done',
      'key: -----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY----- done',
    ],
    ['-----BEGIN PRIVATE KEY-----\nMIIE and the rest is cut', '-----BEGIN PRIVATE KEY-----***'],
  ];
  for (const [text, expected] of cases) assert.equal(redact(text), expected);
});

test('a private key is followed from line to line, and no further', () => {
  const redact = createLineRedactor(createRedactor([]));
  const lines = ['a', '-----BEGIN EC PRIVATE KEY-----', 'MHcCAQ', 'Zm9v', 'x-----END EC PRIVATE KEY-----', 'b'];
  const expected = ['a', '-----BEGIN EC PRIVATE KEY-----***', '***', '***', '***-----END EC PRIVATE KEY-----', 'b'];
  assert.deepEqual(lines.map(redact), expected);
  redact('-----BEGIN PRIVATE KEY-----');
  const endless = Array.from({ length: 300 }, (_, line) => redact(`line ${line}`));
  assert.equal(endless.filter((line) => line === '***').length, 200);
});

test('each line of a known value of several lines is a known value, and what is too short is left alone', () => {
  const redact = createRedactor(['first line\r\nsecond line\nabc', 'xyz']);
  assert.equal(redact('the second line, the first line, abc and xyz'), 'the ***, the ***, abc and xyz');
});

test('redacting takes a time that grows with the text alone', { timeout: 20_000 }, () => {
  const redact = createRedactor([
    '%25%25%25%25%25%25%25%25a',
    '\\\\\\\\\\\\\\\\\\\\\\\\a',
    'aaaaaaaaaaaaaaaaaaaaaaaab',
  ]);
  for (const piece of ['%25', '\\', 'a', '://', 'a://b@', 'authorization: ', '-----BEGIN PRIVATE KEY-----', 'dray_']) {
    redact(piece.repeat(200_000 / piece.length));
  }
});
