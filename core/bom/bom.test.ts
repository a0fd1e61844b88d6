import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReleaseManifest } from '../release.ts';
import { ancestorsOf, hostOf } from './ancestors.ts';
import { known, missing, type Answer } from './answer.ts';
import { makeBom } from './bom.ts';
import { mergeBuilds, unknownBuild, type BuildFacts } from './build.ts';
import { chainIds } from './chain.ts';
import { buildOfVariables } from './ci.ts';
import { buildOfGit } from './git.ts';
import type { ImageFacts } from './image.ts';
import { linesOf, missingOf } from './lines.ts';
import { keptRepository, keptText, keptUrl } from './text.ts';

const commit = '3b18e512dba79e4c8300dd08aeb37f8e728b8dad';
const digest = `sha256:${'a'.repeat(64)}`;

function valuesOf(build: BuildFacts | null): Record<string, unknown> {
  const answers = Object.entries(build ?? {}) as [string, Answer<unknown>][];
  return Object.fromEntries(answers.flatMap(([name, it]) => (it.kind === 'known' ? [[name, it.value]] : [])));
}

test('GitHub Actions tells of a pull request: its branch, its number, its page', () => {
  const build = buildOfVariables({
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'shop/cart',
    GITHUB_RUN_ID: '1658821493',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_SHA: commit,
    GITHUB_REF: 'refs/pull/17/merge',
    GITHUB_REF_NAME: '17/merge',
    GITHUB_HEAD_REF: 'faster-cart',
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_ACTOR: 'ada',
    RUNNER_NAME: 'runner-3',
  });
  assert.deepEqual(valuesOf(build), {
    builder: 'GitHub Actions on runner-3',
    buildUrl: 'https://github.com/shop/cart/actions/runs/1658821493/attempts/2',
    cause: 'pull_request 17',
    repository: 'https://github.com/shop/cart',
    commit,
    branch: 'faster-cart',
    project: 'shop/cart',
  });
  assert.deepEqual(build?.startedAt, missing('GitHub Actions does not tell'));
});

test('GitLab tells when its job began, and Jenkins of the change that it builds', () => {
  const gitlab = buildOfVariables({
    GITLAB_CI: 'true',
    CI_JOB_URL: 'https://gitlab.example.com/shop/cart/-/jobs/71',
    CI_JOB_STARTED_AT: '2026-11-29T14:00:05Z',
    CI_PIPELINE_SOURCE: 'schedule',
    CI_PROJECT_URL: 'https://gitlab.example.com/shop/cart',
    CI_PROJECT_PATH: 'shop/cart',
    CI_COMMIT_SHA: commit,
    CI_COMMIT_TIMESTAMP: '2026-11-28T09:10:11+01:00',
    CI_COMMIT_REF_NAME: 'main',
  });
  assert.deepEqual(valuesOf(gitlab), {
    builder: 'GitLab',
    buildUrl: 'https://gitlab.example.com/shop/cart/-/jobs/71',
    startedAt: Date.UTC(2026, 10, 29, 14, 0, 5),
    cause: 'schedule',
    repository: 'https://gitlab.example.com/shop/cart',
    commit,
    committedAt: Date.UTC(2026, 10, 28, 8, 10, 11),
    branch: 'main',
    project: 'shop/cart',
  });
  const jenkins = buildOfVariables({
    JENKINS_URL: 'https://ci.example.com/',
    NODE_NAME: 'agent-3',
    BUILD_URL: 'https://ci.example.com/job/cart/7/',
    JOB_NAME: 'shop/cart',
    GIT_URL: 'https://robot:token@git.example.com/shop/cart.git',
    GIT_COMMIT: commit.toUpperCase(),
    GIT_BRANCH: 'origin/main',
    CHANGE_ID: '17',
  });
  assert.deepEqual(valuesOf(jenkins), {
    builder: 'Jenkins on agent-3',
    buildUrl: 'https://ci.example.com/job/cart/7/',
    cause: 'change 17',
    repository: 'https://git.example.com/shop/cart.git',
    commit,
    branch: 'main',
    project: 'shop/cart',
  });
  assert.equal(buildOfVariables({ PATH: '/bin' }), null);
});

test('a build system that nobody knows tells by DRAYAGE_BUILD_*, which go before what a known one tells', () => {
  const said = {
    DRAYAGE_BUILD_BUILDER: 'Drone',
    DRAYAGE_BUILD_URL: 'https://robot:token@drone.example.com/shop/cart/7?key=s',
    DRAYAGE_BUILD_STARTED_AT: '2026-11-29T14:00:05Z',
    DRAYAGE_BUILD_CAUSE: 'push',
    DRAYAGE_BUILD_REPOSITORY: 'git@git.example.com:shop/cart.git',
    DRAYAGE_BUILD_COMMIT: commit,
    DRAYAGE_BUILD_COMMITTED_AT: '2026-11-28T09:10:11+01:00',
    DRAYAGE_BUILD_BRANCH: 'main',
    DRAYAGE_BUILD_PROJECT: 'shop',
  };
  assert.deepEqual(valuesOf(buildOfVariables(said)), {
    builder: 'Drone',
    buildUrl: 'https://drone.example.com/shop/cart/7',
    startedAt: Date.UTC(2026, 10, 29, 14, 0, 5),
    cause: 'push',
    repository: 'git.example.com:shop/cart.git',
    commit,
    committedAt: Date.UTC(2026, 10, 28, 8, 10, 11),
    branch: 'main',
    project: 'shop',
  });
  const both = buildOfVariables({ GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'push', DRAYAGE_BUILD_CAUSE: 'nightly' });
  assert.deepEqual(both?.cause, known('nightly', 'DRAYAGE_BUILD_CAUSE'));
  assert.deepEqual(both?.builder, known('GitHub Actions', 'GITHUB_ACTIONS, RUNNER_NAME'));
  const alone = buildOfVariables({ DRAYAGE_BUILD_URL: 'file:///var/log/build%20%0A7.log?x=1#y' });
  assert.deepEqual(alone?.buildUrl, known('file:///var/log/build%20%0A7.log', 'DRAYAGE_BUILD_URL'));
  assert.deepEqual(alone?.cause, missing('DRAYAGE_BUILD_CAUSE is not set'));
});

test('a DRAYAGE_BUILD_* that says nothing of use takes nothing away, and is named where nothing else tells', () => {
  const build = buildOfVariables({
    GITLAB_CI: 'true',
    CI_JOB_URL: 'https://gitlab.example.com/jobs/71',
    DRAYAGE_BUILD_URL: 'javascript:alert(1)',
    DRAYAGE_BUILD_COMMIT: commit.slice(0, 7),
    DRAYAGE_BUILD_STARTED_AT: '2026-11-29T14:00:05',
    DRAYAGE_BUILD_BRANCH: '',
  });
  assert.deepEqual(build?.buildUrl, known('https://gitlab.example.com/jobs/71', 'CI_JOB_URL'));
  assert.deepEqual(build?.commit, missing('DRAYAGE_BUILD_COMMIT is not the whole hash of a commit'));
  assert.deepEqual(build?.startedAt, missing('DRAYAGE_BUILD_STARTED_AT is not a time such as 2026-11-29T14:00:05Z'));
  assert.deepEqual(build?.branch, missing('GitLab does not tell'));
});

test('hostile values are cut, made one line, and lose credentials; what is no commit is none', () => {
  const build = buildOfVariables({
    JENKINS_URL: 'x',
    BUILD_URL: 'javascript:alert(1)',
    GIT_COMMIT: '$(reboot)',
    JOB_NAME: `a\u001b[31m\nb${'x'.repeat(5000)}`,
    GIT_BRANCH: '\u0000\ud800',
  });
  const values = valuesOf(build);
  assert.deepEqual(Object.keys(values), ['builder', 'branch', 'project']);
  assert.equal(values['branch'], '\ufffd');
  assert.match(String(values['project']), /^a \[31m bx+$/);
  assert.equal(String(values['project']).length, 1000);
  assert.equal(keptUrl('https://u:p@h/p?token=s#f'), 'https://h/p#f');
  assert.equal(keptRepository('ssh://git:pw@h:22/p.git'), 'ssh://h:22/p.git');
  assert.equal(keptRepository('git@github.com:shop/cart.git'), 'github.com:shop/cart.git');
  assert.equal(keptText('Authorization: Bearer abcdefghijklmnopqrstuvwxyz'), 'Authorization: Bearer ***');
});

test('git tells the commit and what is not committed; what it refuses is missing with its words', () => {
  const printed = (text: string) => ({ kind: 'printed', text }) as const;
  const failed = { kind: 'failed', why: 'git: fatal: ref HEAD is not a symbolic ref' } as const;
  const git = buildOfGit({
    head: printed(`${commit}\n`),
    committedAt: printed('1795262400\n'),
    status: printed(' M cart.ts\n'),
    branch: failed,
    origin: printed('https://robot:s3cret@git.example.com/cart.git\n'),
  });
  assert.deepEqual(git.commit, known(commit, 'git rev-parse HEAD'));
  assert.deepEqual(git.committedAt.kind === 'known' && git.committedAt.value, 1_795_262_400_000);
  assert.deepEqual(git.dirty.kind === 'known' && git.dirty.value, true);
  assert.deepEqual(git.branch, missing(failed.why));
  assert.deepEqual(git.repository.kind === 'known' && git.repository.value, 'https://git.example.com/cart.git');
});

test('what was told first stands, and what comes later fills what was missing', () => {
  const first = { ...unknownBuild, commit: known(commit, 'git') };
  const later = { ...unknownBuild, commit: known('0'.repeat(40), 'git'), cause: known('push', 'told') };
  assert.deepEqual(valuesOf(mergeBuilds([first, later])), { commit, cause: 'push' });
});

test('the chain of layers is that of the OCI image specification, and a longer image begins like its base', () => {
  const layers = ['1', '2', '3'].map((digit) => `sha256:${digit.repeat(64)}`);
  const chains = chainIds(layers);
  assert.equal(chains[0], layers[0]);
  // printf 'sha256:1... sha256:2...' | sha256sum
  assert.equal(chains[1], 'sha256:9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5');
  assert.deepEqual(chainIds(layers.slice(0, 2)), chains.slice(0, 2));
});

test('ancestors are what the image names, then images with its lower layers; one that is both stands once', () => {
  const named = [{ name: 'r.example.com/base/node:26', digest }];
  const below = [
    { digest, release: 'node@26' },
    { digest: `sha256:${'b'.repeat(64)}`, release: 'debian@12' },
  ];
  const found = ancestorsOf(named, below);
  assert.deepEqual(found.kind === 'known' && found.value, [
    { name: 'r.example.com/base/node:26', digest, release: 'node@26', by: 'annotation' },
    { name: null, digest: `sha256:${'b'.repeat(64)}`, release: 'debian@12', by: 'layers' },
  ]);
  assert.equal(ancestorsOf([], []).kind, 'missing');
  assert.equal(hostOf('r.example.com/base/node:26'), 'r.example.com');
  assert.equal(hostOf('library/node'), 'docker.io');
});

const facts: ImageFacts = {
  digest,
  manifest: digest,
  config: digest,
  platform: 'linux/amd64',
  createdAt: 1_795_262_400_000,
  entrypoint: ['/bin/cart'],
  command: ['--port', '80 80'],
  user: null,
  healthCheck: ['CMD-SHELL', 'wget -q localhost'],
  labels: {},
  annotations: {},
  layers: 3,
  chain: digest,
  history: [],
  tags: known({ tags: ['1.4.2', 'latest'], lookedAt: 2, listed: 9 }, 'registry'),
  ancestors: missing('none'),
};

function manifestOf(definition: ReleaseManifest['identity']['definition']): ReleaseManifest {
  const image = { reference: 'cart:1', resolved: `r/cart:1@${digest}`, hasHealthCheck: true };
  const identity = { service: 'cart', version: '1', definition, images: { web: image.resolved }, files: {} };
  return {
    identity,
    images: { web: image },
    parameters: [],
    source: { name: 'c', text: '' },
    meta: { ticket: 'SHOP-1' },
    warnings: [],
  };
}

test('a bill answers from the definition, the image and the builder, and says why where there is no answer', () => {
  const manifest = manifestOf({
    services: { web: { image: 'cart:1', command: ['--port', '81'], deploy: { update_config: { parallelism: 2 } } } },
    'x-drayage': { owner: 'shop', runbook: 'https://wiki/cart', metrics: ':9090/metrics', probes: ['/ready'] },
  });
  const bom = makeBom({
    manifest,
    builds: [{ ...unknownBuild, dirty: known(true, 'git'), repository: known('https://h/shop/cart.git', 'git') }],
    images: new Map([[digest, [missing('the registry was down'), known(facts, 'r')]]]),
  });
  const lines = Object.fromEntries(
    linesOf(bom).map(({ field, answer }) => [field, answer.kind === 'known' ? answer.value : `missing: ${answer.why}`]),
  );
  assert.deepEqual(lines, {
    builder: 'missing: nothing told of it',
    'build-url': 'missing: nothing told of it',
    'built-at': '2026-11-21T12:00:00.000Z',
    cause: 'missing: nothing told of it',
    repository: 'https://h/shop/cart.git',
    commit: 'missing: nothing told of it',
    branch: 'missing: nothing told of it',
    clean: 'missing: files were changed and not committed',
    lines: 'missing: nothing told of it',
    ancestors: 'missing: none',
    start: '/bin/cart --port 81',
    validate: 'health check: wget -q localhost; probes: /ready',
    monitor: ':9090/metrics',
    update: 'parallelism 2',
    runbook: 'https://wiki/cart',
    tags: '1.4.2, latest (2 of 9 tags were looked at)',
    project: 'cart',
    owner: 'shop',
  });
  assert.deepEqual(missingOf(bom, ['commit', 'owner', 'ancestors']), [
    'commit (nothing told of it)',
    'ancestors of web (none)',
  ]);
});

test('an image that could not be read leaves its answers missing, with what the registry said', () => {
  const bom = makeBom({
    manifest: manifestOf({
      services: { web: { image: 'cart:1', entrypoint: '/bin/own', healthcheck: { disable: true } } },
    }),
    builds: [],
    images: new Map([[digest, [missing('The registry r does not answer.')]]]),
  });
  assert.deepEqual(bom.components['web']?.start, known('/bin/own', 'entrypoint of the definition'));
  assert.deepEqual(bom.components['web']?.validate, missing('the definition turns the health check off'));
  assert.deepEqual(bom.components['web']?.tags, missing('The registry r does not answer.'));
  assert.equal(bom.build.startedAt.kind, 'missing');
});
