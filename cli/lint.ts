import { dirname } from 'node:path';
import { lintDockerfile, type LintResult } from '../core/dockerfile/lint.ts';
import { readBuildContext } from './build-context.ts';
import type { Context } from './context.ts';
import { readSource } from './file.ts';
import type { Io } from './io.ts';
import { renderLint } from './render/lint.ts';
import { createStyle, wantsColor } from './style.ts';

/** How a Dockerfile is looked at. */
export interface LintRequest {
  /** `-` is standard input. */
  readonly path: string;
  /** The folder that is sent to the build; null: the one that the Dockerfile lies in. */
  readonly context: string | null;
}

/** Reads and lints one Dockerfile, with what lies in its build context. */
export async function lintFile(io: Io, { path, context }: LintRequest): Promise<LintResult> {
  const source = await readSource(io, path);
  const folder = context ?? (path === '-' ? null : dirname(path));
  const known = folder === null ? null : await readBuildContext(io, folder, path === '-' ? null : path);
  return lintDockerfile(source, known);
}

/** Tells beside another command what is found in a Dockerfile, on standard error; answers whether an error is. */
export async function adviseOnDockerfile({ io, terminal }: Context, path: string): Promise<boolean> {
  const result = await lintFile(io, { path, context: null });
  const plain = terminal.style.bold('x') === 'x';
  const style = createStyle(!plain && wantsColor(io.env, io.stderr.isTerminal, false));
  terminal.warn(`${renderLint(result, style, io.stderr.columns)}\n`);
  return result.findings.some(({ severity, suppressed }) => severity === 'error' && suppressed === null);
}
