import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { collectBuild } from '../../cli/build.ts';
import type { Answer } from '../../core/bom/answer.ts';
import type { BuildFacts } from '../../core/bom/build.ts';
import type { BomField } from '../../core/bom/lines.ts';
import { root } from './dray.ts';
import type { DemoOptions } from './options.ts';

/** The demo builds the shop, and tells `dray release` of that as any build system does which Drayage does not know. */
export interface BuildRecord {
  /** What the build prints, kept in the demo's folder. */
  readonly logFile: string;
  /** For whatever runs in the demo's name. */
  readonly variables: Readonly<Record<string, string>>;
  /** What this checkout cannot tell, with the reason; empty in a clone without changes that is on a branch. */
  readonly untold: ReadonlyMap<BomField, string>;
  /** Adds to the log. */
  readonly note: (text: string) => Promise<void>;
}

/** Begins the log of the build, and finds out what can be told of the sources. */
export async function beginBuild(options: DemoOptions, signal: AbortSignal): Promise<BuildRecord> {
  const logFile = join(options.state, 'build.log');
  const command = options.ground === 'private' ? 'bin/demo' : `bin/demo --${options.ground}`;
  const told = {
    // With sudo the checkout belongs to whoever called it, which git refuses unless it is told that this is meant.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: root,
    DRAYAGE_BUILD_BUILDER: options.ground === 'simulated' ? `${command}, which builds nothing` : command,
    DRAYAGE_BUILD_URL: pathToFileURL(logFile).href,
    DRAYAGE_BUILD_STARTED_AT: new Date(options.beganMs).toISOString(),
    DRAYAGE_BUILD_CAUSE: `${command} was run`,
  };
  const outside = { env: { ...process.env, ...told }, folder: root, signal, now: () => Date.now() };
  const facts = await collectBuild(outside, root);
  const { commit, repository } = facts;
  // A checkout without an origin is itself the repository that can be cloned.
  const here = repository.kind === 'missing' && commit.kind === 'known';
  const variables = { ...told, ...(here ? { DRAYAGE_BUILD_REPOSITORY: pathToFileURL(root).href } : {}) };
  const head = `${command}, begun ${told.DRAYAGE_BUILD_STARTED_AT}\nsources: ${root} at ${textOf(commit)}\n`;
  await writeFile(logFile, head);
  return {
    logFile,
    variables,
    untold: new Map(untoldOf(facts, here)),
    note: async (text) => await appendFile(logFile, text),
  };
}

function untoldOf(facts: BuildFacts, isRepository: boolean): readonly (readonly [BomField, string])[] {
  const { commit, branch, dirty, repository, lines } = facts;
  const all = { commit, branch, ...(isRepository ? {} : { repository }), ...(lines === undefined ? {} : { lines }) };
  const missing = Object.entries(all).flatMap(([field, answer]): readonly (readonly [BomField, string])[] =>
    answer.kind === 'missing' ? [[field as BomField, answer.why]] : [],
  );
  if (dirty.kind === 'missing') return [...missing, ['clean', dirty.why]];
  return dirty.value ? [...missing, ['clean', 'files were changed and not committed']] : missing;
}

function textOf(answer: Answer<string>): string {
  return answer.kind === 'known' ? answer.value : `an unknown commit (${answer.why})`;
}
