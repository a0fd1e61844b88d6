import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lintDockerfile } from './lint.ts';
import { adviseOrder } from './order.ts';
import { parseDockerfile } from './parse.ts';
import { buildAbstractly, plain } from './testing/abstract-build.ts';

const names = [
  'package.json',
  'package-lock.json',
  'requirements.txt',
  'go.mod',
  'go.sum',
  'src/main.js',
  'src/app/a.py',
];
const context = new Map(
  [...names, 'web/package.json', 'web/package-lock.json', 'README.md'].map((name) => [name, name]),
);

const copies = [
  '. .',
  './ ./',
  '. /app',
  '. /app/',
  '. web',
  '. /',
  'src src',
  'src/ ./src/',
  'src /app/src',
  'src/main.js /app',
  'src/main.js .',
  'package.json .',
  'package*.json ./',
  'package.json package-lock.json /app/',
  'requirements.txt /app/',
  'requirements.txt .',
  'go.mod go.sum ./',
  'web/ web/',
  'web /app/web',
  'README.md /app',
  'src/ /etc/apt/',
  'web/package.json web/',
  'src $TARGET',
];
const instructions = [
  ...copies.map((words) => `COPY ${words}`),
  ...copies.slice(0, 8).map((words) => `COPY --chown=me ${words}`),
  'ADD . .',
  'ADD src /app/src',
  'RUN npm ci',
  'RUN cd web && npm ci',
  'RUN pip install -r requirements.txt',
  'RUN go mod download',
  'RUN npm install',
  'RUN apt-get update && apt-get install -y curl',
  'RUN pip install flask',
  'RUN npm ci && npm run build',
  'RUN npm run build',
  'RUN make',
  'RUN record $GIT_SHA',
  'RUN npm ci --note=$GIT_SHA',
  'RUN <<EOF\nset -e\nnpm ci\nEOF',
  'RUN pip install -r /app/requirements.txt',
  'WORKDIR /app',
  'WORKDIR web',
  'WORKDIR $TARGET',
  'ENV TARGET=/srv',
  'ENV NODE_ENV=production',
  'ARG GIT_SHA',
  'ARG BUILD_NUMBER=1',
  'ARG MODE',
  'USER me',
  'USER root',
  'SHELL ["/bin/bash", "-c"]',
  'LABEL sha=$GIT_SHA',
  'CMD ["a"]',
  'EXPOSE 80',
  'VOLUME /data',
];

/** Instructions with what is copied and installed more often than the rest, some with a comment or a blank line above. */
const instruction = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...instructions) },
      {
        weight: 2,
        arbitrary: fc.constantFrom('COPY . .', 'WORKDIR /app', 'RUN npm ci', 'RUN pip install -r requirements.txt'),
      },
    ),
    fc.constantFrom('', '', '', '# why\n', '\n', '\n# why\n'),
  )
  .map(([text, above]) => above + text);
const stage = fc.array(instruction, { minLength: 2, maxLength: 9, size: 'max' });
const dockerfile = fc
  .tuple(stage, fc.option(stage, { freq: 3 }), fc.constantFrom('', '\n'))
  .map(([first, second, end]) => {
    const later = second === null ? [] : ['FROM one AS two', ...second, 'COPY --from=one /app /copied'];
    return ['FROM base AS one', ...first, ...later].join('\n') + end;
  });

function textsOf(text: string): readonly string[] {
  return parseDockerfile({ name: 'f', text }).entries.map(({ instruction: { source } }) => source.trimEnd());
}

/** What is in the longer list and not in the other, each as often. */
function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...before];
  return after.filter((text) => {
    const at = left.indexOf(text);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

test('the corrected order builds the same: the same instructions, each seeing what it saw, and copies of what is copied anyway', () => {
  const reached = { permutation: 0, split: 0, words: 0, none: 0 };
  fc.assert(
    fc.property(dockerfile, (text) => {
      const file = { name: 'Dockerfile', text };
      const { corrected, findings } = lintDockerfile(file);
      const kinds = findings.map(({ correction }) => correction?.by ?? null).filter((by) => by !== null);
      for (const by of kinds) reached[by] += 1;
      if (corrected === null) {
        reached[findings.some(({ cost }) => cost !== null) ? 'words' : 'none'] += 1;
        return;
      }
      const [before, after] = [textsOf(text), textsOf(corrected)];
      const more = added(before, after);
      assert.deepEqual(added(after, before), [], 'an instruction is lost');
      assert.ok(
        more.every((one) => one.startsWith('COPY ')),
        'something else than a COPY is added',
      );
      // What is corrected is the work of several remedies, each made on what the one before it left.
      for (const { remedy } of adviseOrder(parseDockerfile({ name: 'f', text }), null)) {
        if (remedy.kind !== 'order' || remedy.by !== 'permutation') continue;
        assert.deepEqual(added(before, textsOf(remedy.text)), [], 'a permutation adds nothing');
      }
      const runs = (texts: readonly string[]): readonly string[] => texts.filter((one) => one.startsWith('RUN'));
      assert.deepEqual(runs(after), runs(before), 'the RUNs keep their order');
      const built = (source: string): unknown =>
        buildAbstractly(parseDockerfile({ name: 'f', text: source }), context).map(plain);
      assert.deepEqual(built(corrected), built(text), corrected);
      assert.equal(lintDockerfile({ name: 'f', text: corrected }).corrected, null, 'there is nothing left to correct');
    }),
    { numRuns: 700 },
  );
  for (const [kind, count] of Object.entries(reached)) assert.ok(count >= 20, `${kind} was reached ${count} times`);
});

test('a remedy that only moves may leave another that divides a COPY', () => {
  const text =
    'FROM base AS one\nCOPY . .\nCOPY package*.json ./\nRUN <<EOF\nset -e\nnpm ci\nEOF\nRUN pip install -r requirements.txt\nCOPY . .\nCOPY . .';
  const { corrected } = lintDockerfile({ name: 'Dockerfile', text });
  assert.ok(corrected !== null);
  assert.deepEqual(added(textsOf(text), textsOf(corrected)), ['COPY requirements.txt ./']);
});

test('what a change repeats is never more in the corrected order than before', () => {
  fc.assert(
    fc.property(dockerfile, (text) => {
      for (const { cost } of lintDockerfile({ name: 'Dockerfile', text }).findings) {
        if (cost?.after) assert.ok(cost.after.layers < cost.before.layers, text);
      }
    }),
    { numRuns: 300 },
  );
});
