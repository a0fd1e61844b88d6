import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../fault.ts';
import { convertCompose, type Converted } from './convert.ts';
import { readDefinition } from './definition.ts';

const wild = readFileSync(
  new URL('../../examples/documents/invalid/compose-of-the-wild.yaml', import.meta.url),
  'utf8',
);
const blog = readFileSync(new URL('../../examples/documents/valid/compose-blog.yaml', import.meta.url), 'utf8');

function convert(text: string): Converted {
  return convertCompose({ name: 'docker-compose.yml', text });
}

function accepts(text: string): ReturnType<typeof readDefinition> {
  return readDefinition({ name: 'compose.yaml', text }, { service: 'shop' }, {});
}

test('without a file there is a commented definition to begin with, and it is accepted', () => {
  const { text, notes } = convertCompose(null);
  assert.ok(accepts(text));
  assert.deepEqual(notes, []);
});

test('an ordinary Compose file becomes a definition that is accepted', () => {
  const { text } = convert(wild);
  const { images, parameters } = accepts(text);
  assert.equal(images['db'], 'mariadb:11');
  assert.deepEqual(
    parameters.map((one) => one.name),
    ['TOKEN'],
  );
  assert.match(text, /owner: your-team/);
  assert.match(text, /restart: unless-stopped/);
  assert.match(text, /mem_limit: 512m/);
  assert.match(text, /traefik\.enable/);
});

test('every change is noted with its line in the original', () => {
  const { notes } = convert(wild);
  for (const [line, what] of [
    [3, 'no image'],
    [6, '8443:443'],
    [7, '\\./src'],
    [7, 'tmpfs'],
    [8, 'env_file'],
    [9, 'TOKEN'],
    [12, 'privileged'],
    [20, 'secrets'],
    [22, 'external'],
    [23, 'bridge'],
    [24, 'secrets'],
  ] as const) {
    const pattern = new RegExp(`^docker-compose\\.yml:${line}: .*${what}`);
    assert.ok(
      notes.some((note) => pattern.test(note)),
      `${line} ${what}\n${notes.join('\n')}`,
    );
  }
});

test('comments stay', () => {
  assert.match(convert('services:\n  web: # the front\n    image: web # pinned\n').text, /# the front[^]*# pinned/);
});

test('anchors are written out, and that is noted', () => {
  const { text, notes } = convert(blog);
  assert.ok(accepts(text));
  assert.ok(notes.some((note) => note.includes('anchors')));
});

test('what was converted needs no further change', () => {
  const { text } = convert(wild);
  const again = convert(text);
  assert.equal(again.text, text);
  assert.deepEqual(
    again.notes.filter((note) => !note.includes('healthcheck')),
    [],
  );
});

test('components with names that no network knows are renamed, with those that depend on them', () => {
  const { text } = convert('services:\n  web_app: { image: a, depends_on: [My_Db] }\n  My_Db: { image: b }\n');
  assert.deepEqual(Object.keys(accepts(text).images), ['web-app', 'my-db']);
});

test('a file without services is refused', () => {
  assert.throws(() => convert('a: 1\n'), { code: 'document.invalid' });
  assert.throws(() => convert(''), { code: 'document.invalid' });
});

test('a Compose file with random changes is converted to an accepted one, or refused with a Fault', () => {
  const pieces = ['', ':', '\n', '  ', '[', '}', '"', '$', '${A}', '~', '1', 'x: y\n', '- '];
  let converted = 0;
  const change = fc.tuple(fc.nat({ max: wild.length }), fc.nat({ max: 8 }), fc.constantFrom(...pieces));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
      let text = wild;
      for (const [at, length, piece] of changes) text = text.slice(0, at) + piece + text.slice(at + length);
      let result: Converted;
      try {
        result = convert(text);
      } catch (error) {
        if (!isFault(error)) throw error;
        return;
      }
      converted += 1;
      assert.ok(accepts(result.text));
    }),
    { numRuns: 250 },
  );
  assert.ok(converted > 20, `${converted} of the changed files were converted`);
});

test('what only the Platform document can allow stays, and is told', () => {
  const text = `services:
  agent:
    image: example.com/agent:1
    volumes: ['/var/log:/logs:ro']
    cap_add: [NET_ADMIN]
`;
  const { notes } = convertCompose({ name: 'x.yaml', text });
  assert.ok(
    notes.some((note) => /^x\.yaml:2: agent asks for .*\/var\/log.* and .*NET_ADMIN.*has to allow it$/.test(note)),
    notes.join('\n'),
  );
});

test('files that are named and there are read, and what names them stays', () => {
  const text = 'services:\n  web:\n    image: example.com/web:1\n    env_file: web.env\n';
  const kept = convertCompose({ name: 'x.yaml', text, files: { 'web.env': 'A=1\n' } });
  assert.match(kept.text, /env_file: web\.env/);
  assert.doesNotMatch(convertCompose({ name: 'x.yaml', text }).text, /env_file/);
});
