import { known, missing, type Answer } from './answer.ts';
import { isCommit, unknownBuild, type BuildFacts } from './build.ts';
import { keptRepository, keptText, keptUrl } from './text.ts';

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
 * Names of persons (GITHUB_ACTOR, GITLAB_USER_LOGIN, BUILD_USER) are left alone: what is recorded stays for ever. Null
 * where none of them builds.
 */
export function buildOfVariables(variables: Variables): BuildFacts | null {
  const system = systems.find(({ mark }) => (variables[mark] ?? '') !== '');
  if (system === undefined) return null;
  const untold = missing(`${system.name} does not tell`);
  const facts = Object.keys(unknownBuild).map((field) => [field, untold]);
  return { ...(Object.fromEntries(facts) as unknown as BuildFacts), ...system.read(variables) };
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

/** ISO 8601 as GitLab writes it, in ms since 1970. */
function momentOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
