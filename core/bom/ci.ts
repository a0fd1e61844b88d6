import { known, missing, type Answer } from './answer.ts';
import { isCommit, unknownBuild, type BuildFacts } from './build.ts';
import { keptFileUrl, keptRepository, keptText, keptUrl } from './text.ts';

/** Variables as a process has them. Their values are data, whoever set them. */
type Variables = Readonly<Record<string, string | undefined>>;

/** A build system tells of a build by these. */
interface BuildSystem {
  readonly name: string;
  /** The variable that is there only where this system builds. */
  readonly mark: string;
  readonly read: (of: Variables) => Partial<BuildFacts>;
}

/**
 * What the variables of a build system tell of a build: Jenkins (Pipeline: "Using environment variables"; plugins git and
 * workflow-multibranch), GitHub Actions ("Variables reference") and GitLab ("Predefined CI/CD variables reference").
 * Names of persons (GITHUB_ACTOR, GITLAB_USER_LOGIN, BUILD_USER) are left alone: what is recorded stays for ever. What
 * `DRAYAGE_BUILD_*` say goes before them. Null where none of them builds and none of these is set.
 */
export function buildOfVariables(variables: Variables): BuildFacts | null {
  const system = systems.find(({ mark }) => (variables[mark] ?? '') !== '');
  const said = saidFields.filter((field) => (variables[saidBy[field].variable] ?? '') !== '');
  if (system === undefined && said.length === 0) return null;
  const facts = system === undefined ? unsaid : factsOf(system, variables);
  return { ...facts, ...Object.fromEntries(said.map((field) => [field, saidOf(field, variables, facts[field])])) };
}

function factsOf(system: BuildSystem, variables: Variables): BuildFacts {
  const untold = missing(`${system.name} does not tell`);
  const facts = Object.keys(unknownBuild).map((field) => [field, untold]);
  return { ...(Object.fromEntries(facts) as unknown as BuildFacts), ...system.read(variables) };
}

type SaidField = Exclude<keyof BuildFacts, 'releasedAt' | 'dirty' | 'lines'>;

interface SaidBy {
  readonly variable: string;
  readonly read: (text: string | undefined) => string | number | null;
  /** What it has to be. */
  readonly form: string;
}

/** By these any other build system, or a script, tells of a build. Two of them take git's place only where there is none. */
export const saidBy: { readonly [F in SaidField]: SaidBy } = {
  builder: { variable: 'DRAYAGE_BUILD_BUILDER', read: (text) => keptText(text, 200), form: 'a text' },
  buildUrl: {
    variable: 'DRAYAGE_BUILD_URL',
    read: (text) => keptUrl(text) ?? keptFileUrl(text),
    form: 'an http, https or file address',
  },
  startedAt: { variable: 'DRAYAGE_BUILD_STARTED_AT', read: zonedMoment, form: 'a time such as 2026-11-29T14:00:05Z' },
  cause: { variable: 'DRAYAGE_BUILD_CAUSE', read: (text) => keptText(text, 200), form: 'a text' },
  repository: { variable: 'DRAYAGE_BUILD_REPOSITORY', read: keptRepository, form: 'an address' },
  commit: { variable: 'DRAYAGE_BUILD_COMMIT', read: commitOf, form: 'the whole hash of a commit' },
  committedAt: {
    variable: 'DRAYAGE_BUILD_COMMITTED_AT',
    read: zonedMoment,
    form: 'a time such as 2026-11-29T14:00:05Z',
  },
  branch: { variable: 'DRAYAGE_BUILD_BRANCH', read: (text) => keptText(text, 250), form: 'a text' },
  project: { variable: 'DRAYAGE_BUILD_PROJECT', read: (text) => keptText(text), form: 'a text' },
};

const saidFields = Object.keys(saidBy) as readonly SaidField[];

const unsaid: BuildFacts = {
  ...unknownBuild,
  ...Object.fromEntries(saidFields.map((field) => [field, missing(`${saidBy[field].variable} is not set`)])),
};

/** What a variable says; where it says nothing of use, what is known otherwise; where that is nothing, why. */
function saidOf(field: SaidField, variables: Variables, otherwise: Answer<unknown>): Answer<unknown> {
  const { variable, read, form } = saidBy[field];
  const value = read(variables[variable]);
  if (value !== null) return known(value, variable);
  return otherwise.kind === 'known' ? otherwise : missing(`${variable} is not ${form}`);
}

const github: BuildSystem = {
  name: 'GitHub Actions',
  mark: 'GITHUB_ACTIONS',
  read: (of) => {
    const server = keptUrl(of['GITHUB_SERVER_URL'])?.replace(/\/$/, '') ?? null;
    const project = keptText(of['GITHUB_REPOSITORY']);
    const run = /^\d{1,20}$/.exec(of['GITHUB_RUN_ID'] ?? '')?.[0] ?? null;
    const attempt = /^\d{1,6}$/.exec(of['GITHUB_RUN_ATTEMPT'] ?? '')?.[0] ?? null;
    const repository = server === null || project === null ? null : `${server}/${project}`;
    const runner = keptText(of['RUNNER_NAME'], 100);
    const head = (of['GITHUB_HEAD_REF'] ?? '') === '' ? 'GITHUB_REF_NAME' : 'GITHUB_HEAD_REF';
    const address =
      repository === null || run === null
        ? null
        : `${repository}/actions/runs/${run}${attempt === null ? '' : `/attempts/${attempt}`}`;
    return {
      builder: known(runner === null ? 'GitHub Actions' : `GitHub Actions on ${runner}`, 'GITHUB_ACTIONS, RUNNER_NAME'),
      ...told('buildUrl', address, 'GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID'),
      ...told('cause', causeOfGitHub(of), 'GITHUB_EVENT_NAME'),
      ...told('repository', repository, 'GITHUB_SERVER_URL, GITHUB_REPOSITORY'),
      ...told('commit', commitOf(of['GITHUB_SHA']), 'GITHUB_SHA'),
      ...told('branch', keptText(of[head], 250), head),
      ...told('project', project, 'GITHUB_REPOSITORY'),
    };
  },
};

function causeOfGitHub(of: Variables): string | null {
  const event = keptText(of['GITHUB_EVENT_NAME'], 100);
  const number = /^refs\/pull\/(\d{1,12})\//.exec(of['GITHUB_REF'] ?? '')?.[1];
  return event === null || number === undefined ? event : `${event} ${number}`;
}

const gitlab: BuildSystem = {
  name: 'GitLab',
  mark: 'GITLAB_CI',
  read: (of) => {
    const runner = keptText(of['CI_RUNNER_DESCRIPTION'], 100);
    const request = /^\d{1,12}$/.exec(of['CI_MERGE_REQUEST_IID'] ?? '')?.[0];
    const source = keptText(of['CI_PIPELINE_SOURCE'], 100);
    return {
      builder: known(runner === null ? 'GitLab' : `GitLab on ${runner}`, 'GITLAB_CI, CI_RUNNER_DESCRIPTION'),
      ...told('buildUrl', keptUrl(of['CI_JOB_URL']), 'CI_JOB_URL'),
      ...told('startedAt', momentOf(of['CI_JOB_STARTED_AT']), 'CI_JOB_STARTED_AT'),
      ...told(
        'cause',
        source === null || request === undefined ? source : `${source} ${request}`,
        'CI_PIPELINE_SOURCE',
      ),
      ...told('repository', keptRepository(of['CI_PROJECT_URL']), 'CI_PROJECT_URL'),
      ...told('commit', commitOf(of['CI_COMMIT_SHA']), 'CI_COMMIT_SHA'),
      ...told('committedAt', momentOf(of['CI_COMMIT_TIMESTAMP']), 'CI_COMMIT_TIMESTAMP'),
      ...told('branch', keptText(of['CI_COMMIT_REF_NAME'], 250), 'CI_COMMIT_REF_NAME'),
      ...told('project', keptText(of['CI_PROJECT_PATH']), 'CI_PROJECT_PATH'),
    };
  },
};

const jenkins: BuildSystem = {
  name: 'Jenkins',
  mark: 'JENKINS_URL',
  read: (of) => {
    const node = keptText(of['NODE_NAME'], 100);
    const branch =
      (of['CHANGE_BRANCH'] ?? '') !== '' ? 'CHANGE_BRANCH' : of['BRANCH_NAME'] ? 'BRANCH_NAME' : 'GIT_BRANCH';
    const change = keptText(of['CHANGE_ID'], 50);
    // Of the plugins that tell a cause: Environment Injector (BUILD_CAUSE), multibranch (CHANGE_ID).
    const cause = change === null ? keptText(of['BUILD_CAUSE'], 200) : `change ${change}`;
    return {
      builder: known(node === null ? 'Jenkins' : `Jenkins on ${node}`, 'JENKINS_URL, NODE_NAME'),
      ...told('buildUrl', keptUrl(of['BUILD_URL']), 'BUILD_URL'),
      ...told('cause', cause, change === null ? 'BUILD_CAUSE' : 'CHANGE_ID'),
      ...told('repository', keptRepository(of['GIT_URL'] ?? of['GIT_URL_1']), 'GIT_URL'),
      ...told('commit', commitOf(of['GIT_COMMIT']), 'GIT_COMMIT'),
      ...told('branch', keptText(of[branch], 250)?.replace(/^origin\//, '') ?? null, branch),
      ...told('project', keptText(of['JOB_NAME']), 'JOB_NAME'),
    };
  },
};

const systems: readonly BuildSystem[] = [github, gitlab, jenkins];

/** A member that is known, or none. */
function told<K extends keyof BuildFacts, T>(
  field: K,
  value: T | null,
  source: string,
): { readonly [F in K]?: Answer<T> } {
  return value === null ? {} : ({ [field]: known(value, source) } as { readonly [F in K]?: Answer<T> });
}

function commitOf(text: string | undefined): string | null {
  const commit = (text ?? '').trim().toLowerCase();
  return isCommit(commit) ? commit : null;
}

/** Without a zone it would mean something else on each machine. */
function zonedMoment(text: string | undefined): number | null {
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(text ?? '') ? momentOf(text) : null;
}

/** ISO 8601 as GitLab writes it, in ms since 1970. */
function momentOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return null;
  const at = Date.parse(text);
  return at >= 0 ? at : null;
}
