import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../fault.ts';
import type { BuildContext } from './build-context.ts';
import { lintDockerfile } from './lint.ts';
import { rules } from './rules.ts';
import { toSarif } from './sarif.ts';
import { unifiedDiff } from './unified-diff.ts';

const good = ['USER 1000', 'HEALTHCHECK NONE', 'CMD ["a"]'];

function lint(lines: readonly string[], context: BuildContext | null = null) {
  return lintDockerfile({ name: 'Dockerfile', text: `${lines.join('\n')}\n` }, context);
}

/** `line rule` of what is found and not suppressed. */
function found(lines: readonly string[], context: BuildContext | null = null): readonly string[] {
  return lint(lines, context)
    .findings.filter(({ suppressed }) => suppressed === null)
    .map(({ line, rule }) => `${line} ${rule}`);
}

function contextOf(
  texts: Readonly<Record<string, string>>,
  others: readonly string[] = [],
  ignore: string | null = '.git',
) {
  const names = new Set([...Object.keys(texts), ...others].map((path) => path.split('/')[0] ?? ''));
  return { texts: new Map(Object.entries(texts)), names, ignore };
}

const node = ['FROM node:24', 'WORKDIR /app', 'COPY . .', 'RUN npm ci && npm cache clean --force', ...good];
const lock = { 'package.json': '{}', 'package-lock.json': '{}' };

test('the files that lie in the build context are copied first, and no others', () => {
  const copied = (context: BuildContext | null): string | undefined =>
    lint(node, context)
      .corrected?.split('\n')
      .find((line) => line.startsWith('COPY'));
  assert.equal(copied(null), 'COPY package.json package-lock.json ./');
  assert.equal(copied(contextOf(lock)), 'COPY package.json package-lock.json ./');
  assert.equal(copied(contextOf({ ...lock, '.npmrc': '' })), 'COPY package.json package-lock.json .npmrc ./');
  assert.deepEqual(lint(node, contextOf(lock)).findings[0]?.correction?.granted, []);
  assert.equal(copied(contextOf({ 'go.mod': '' })), undefined);
});

test('a correction is withheld where the build context shows that it would not build the same', () => {
  const fixFor = (context: BuildContext): string | null | undefined => {
    const { corrected, findings } = lint(node, context);
    assert.equal(corrected, null);
    return findings.find(({ rule }) => rule === 'sources-before-dependencies')?.fix;
  };
  assert.match(
    fixFor(contextOf({ ...lock, 'package.json': '{"scripts":{"postinstall":"x"}}' })) ?? '',
    /runs at install/,
  );
  assert.match(fixFor(contextOf({ ...lock, 'package.json': '{"workspaces":["a"]}' })) ?? '', /has workspaces/);
  assert.match(
    fixFor(contextOf({ ...lock, 'package.json': '{"dependencies":{"a":"file:./a"}}' })) ?? '',
    /a folder of/,
  );
  assert.match(fixFor(contextOf(lock, ['node_modules'])) ?? '', /put it into \.dockerignore/);
  assert.notEqual(lint(node, contextOf(lock, ['node_modules'], '**/node_modules/\n')).corrected, null);
  assert.equal(lint(node, contextOf(lock, ['node_modules'], '*\n!node_modules\n')).corrected, null);
});

test('copying all of a folder without a .dockerignore is told, and names what lies there', () => {
  assert.deepEqual(found(node, contextOf(lock, ['.git'], null)), [
    '3 sources-before-dependencies',
    '3 dockerignore-missing',
  ]);
  const finding = lint(node, contextOf(lock, ['.git', '.env'], null)).findings.find(
    (one) => one.rule === 'dockerignore-missing',
  );
  assert.equal(finding?.fix, 'a .dockerignore with .git, .env');
  assert.deepEqual(found(['FROM a:1', 'COPY src ./src', ...good], contextOf(lock, [], null)), []);
});

test('the cost counts the layers of later stages that are made of what changed, and of no others', () => {
  const lines = ['FROM a:1 AS one', 'COPY . .', 'RUN npm ci', 'FROM one AS two', 'RUN make'];
  const rest = [
    'FROM b:1',
    'RUN x',
    'COPY --from=two /out /out',
    'RUN y',
    'FROM c:1 AS none',
    'RUN z',
    'FROM d:1',
    ...good,
  ];
  const [finding] = lint([...lines, ...rest]).findings.filter(({ cost }) => cost !== null);
  assert.deepEqual(finding?.cost, {
    before: { layers: 5, installs: ['npm ci'] },
    after: { layers: 4, installs: [] },
  });
});

test('a changed ARG costs nothing before the first RUN, unless something names it', () => {
  const costs = (lines: readonly string[]) =>
    lint(['FROM node:24', 'ARG GIT_SHA', 'WORKDIR /app', ...lines, 'RUN npm ci', 'COPY . .', ...good])
      .findings.filter(({ rule }) => rule === 'argument-before-dependencies')
      .map(({ cost }) => [cost?.before.layers, cost?.after?.layers]);
  const manifests = 'COPY package.json package-lock.json ./';
  assert.deepEqual(costs([manifests]), [[2, 0]]);
  assert.deepEqual(costs([manifests, 'COPY $GIT_SHA /']), []);
});

test('what is said on the line above is suppressed, with a reason and a known rule only', () => {
  const lines = (comment: string): readonly string[] => ['FROM a:1', comment, 'CMD a', 'USER 1', 'HEALTHCHECK NONE'];
  assert.deepEqual(found(lines('# drayage-lint: ignore=shell-form-command it is a job')), []);
  assert.deepEqual(found(lines('# drayage-lint: ignore=root-user,shell-form-command it is a job')), []);
  const both = ['2 suppression-invalid', '3 shell-form-command'];
  assert.deepEqual(found(lines('# drayage-lint: ignore=shell-form-command')), both);
  assert.deepEqual(found(lines('# drayage-lint: ignore=shell-form why')), both);
  assert.deepEqual(found(lines('# drayage-lint: off')), both);
  assert.deepEqual(found(lines('# drayage-lint: ignore=root-user it is a job')), ['3 shell-form-command']);
  assert.deepEqual(
    found(['FROM a:1', '# drayage-lint: ignore=shell-form-command why', '', 'CMD a', ...good.slice(0, 2)]),
    ['4 shell-form-command'],
  );
});

test('a suppressed order stays as it is', () => {
  const lines = node.flatMap((line) =>
    line === 'COPY . .' ? ['# drayage-lint: ignore=sources-before-dependencies it is tiny', line] : [line],
  );
  assert.equal(lint(lines).corrected, null);
});

test('values of secrets are in nothing that is told: lines, messages, diffs, SARIF, faults', () => {
  const lines = [
    'FROM node',
    'ENV DB_PASSWORD="my dog" apiToken=abc123 PLAIN=seen',
    'ENV OLD_SECRET a b c',
    'ARG DEPLOY_KEY_PASSPHRASE=hush',
    'ENV LONG_SECRET="first\\',
    'second"',
    'LABEL k=ghp_0123456789012345678901234',
    'COPY . .',
    'RUN git clone https://me:hunter2@git.example.com/a.git',
    'RUN npm ci',
    'CMD node',
  ];
  const result = lint(lines);
  const { corrected: _, ...told } = result;
  const all = JSON.stringify([told, toSarif([result])]);
  for (const value of ['my dog', 'abc123', 'a b c', 'hush', 'first', 'second', 'ghp_0', 'hunter2']) {
    assert.ok(!all.includes(value), value);
  }
  assert.ok(result.redacted);
  assert.throws(
    () => lint(['FROM a', 'ENV A_TOKEN=abc123 B', 'ENV B_TOKEN abc123 "', 'CMD']),
    (error) => isFault(error, 'document.invalid') && !JSON.stringify(error.problems).includes('abc123'),
  );
});

test('which names are secret: not files, addresses and identifiers of secrets', () => {
  const secret = ['PASSWORD', 'MYSQL_ROOT_PASSWORD', 'npmToken', 'AWS_SECRET_ACCESS_KEY', 'API_KEY', 'SSH_PRIVATE_KEY'];
  const harmless = ['PASSWORD_FILE', 'TOKEN_URL', 'AWS_ACCESS_KEY_ID', 'KEYBOARD', 'AUTHOR', 'TOKENIZER', 'PASSAGE'];
  const rulesFor = (name: string): number => found(['FROM a:1', `ENV ${name}=x`, ...good]).length;
  assert.deepEqual(
    secret.filter((name) => rulesFor(name) !== 1),
    [],
  );
  assert.deepEqual(
    harmless.filter((name) => rulesFor(name) !== 0),
    [],
  );
});

test('a unified diff shows three lines around each change, with ranges that fit', () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`).join('');
  const after = before.replace('line 3\n', '').replace('line 17\n', 'line 17\nnew\n');
  assert.equal(unifiedDiff(before, before), '');
  assert.equal(
    unifiedDiff(before, after),
    [
      '@@ -1,6 +1,5 @@',
      ' line 1',
      ' line 2',
      '-line 3',
      ' line 4',
      ' line 5',
      ' line 6',
      '@@ -15,6 +14,7 @@',
      ' line 15',
      ' line 16',
      ' line 17',
      '+new',
      ' line 18',
      ' line 19',
      ' line 20',
      '',
    ].join('\n'),
  );
});

test('what is long on purpose takes no long time, also in the rules', () => {
  const begun = performance.now();
  lint(['FROM a:1', `RUN apt-get install x; ${'rm '.repeat(40_000)}`, ...good]);
  lint(['FROM a:1', ...Array.from({ length: 200 }, () => 'COPY . .\nRUN npm ci'), ...good]);
  assert.ok(performance.now() - begun < 10_000);
});

test('rules have distinct kebab-case ids, and sentences', () => {
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  for (const { id, reason, finds } of rules) {
    assert.match(id, /^[a-z]+(-[a-z]+)*$/);
    assert.match(reason, /^[A-Z].*\.$/);
    assert.doesNotMatch(finds, /\.$/);
  }
});
