import type { SourceFile } from '../document/node.ts';
import { Fault, isFault } from '../fault.ts';
import type { BuildContext } from './build-context.ts';
import type { Cost } from './cost.ts';
import type { Dockerfile, Instruction } from './instruction.ts';
import { adviseOrder, correctOrder, type OrderAdvice } from './order.ts';
import { parseDockerfile } from './parse.ts';
import { redactorOf } from './redact-line.ts';
import type { Breach, Rule, RuleInput, Severity } from './rule.ts';
import { ruleIds, rules } from './rules.ts';
import { walkStages, type WalkedStage } from './steps.ts';
import { suppressionInvalid, suppressionProblem, suppressionsOf, type Suppression } from './suppression.ts';
import { unifiedDiff } from './unified-diff.ts';

/** What the order costs, and would cost: how much a change of one source file makes anew. */
export interface FindingCost {
  readonly before: Cost;
  /** Null: nobody can say, since a person has to change it. */
  readonly after: Cost | null;
}

/** A better order for one finding. */
export interface Correction {
  readonly by: 'permutation' | 'split';
  /** Unified, without the values of secrets. */
  readonly diff: string;
  readonly granted: readonly string[];
  /** What it leaves to do. */
  readonly rest: string | null;
}

/** One finding. Lines and columns count from 1; the end column is behind the last character. */
export interface LintFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly message: string;
  readonly reason: string;
  /** What to write instead. */
  readonly fix: string | null;
  /** The line itself, without the values of secrets. */
  readonly text: string;
  readonly cost: FindingCost | null;
  readonly correction: Correction | null;
  /** Why it is meant to be so; null: nobody said that it is. */
  readonly suppressed: string | null;
}

/** What was found in one Dockerfile. */
export interface LintResult {
  readonly file: string;
  readonly instructions: number;
  readonly stages: number;
  /** By place; the suppressed ones are among them. */
  readonly findings: readonly LintFinding[];
  /** The file in the corrected order; null when that is how it is. */
  readonly corrected: string | null;
  /** The whole correction as a unified diff without the values of secrets; '' when there is none. */
  readonly diff: string;
  /** Whether the diff leaves values of secrets out, and so cannot be applied. */
  readonly redacted: boolean;
}

/** More findings than this of one file are not told. */
const findingsMost = 500;

/** Looks at a Dockerfile with all rules. Throws `document.invalid` or `document.too-large`. */
export function lintDockerfile(file: SourceFile, context: BuildContext | null = null): LintResult {
  const dockerfile = parseRedacted(file);
  const redact = redactorOf(dockerfile);
  const suppressions = suppressionsOf(dockerfile);
  const input = inputOf(dockerfile, context);
  const lines = file.text.split('\n').map((line) => line.replace(/\r$/, ''));
  const finding = (rule: Rule, breach: Breach): LintFinding => {
    const { line, column } = breach.at;
    const text = (lines[line - 1] ?? '').slice(0, 200);
    return {
      rule: rule.id,
      severity: rule.severity,
      line,
      column,
      endColumn: Math.max(column + 1, text.trimEnd().length + 1),
      message: redact(breach.message),
      reason: rule.reason,
      fix: breach.fix === null ? null : redact(breach.fix),
      text: redact(text),
      ...orderOf(file.text, breach.order, redact),
      suppressed: suppressedBy(suppressions, rule.id, breach)?.reason ?? null,
    };
  };
  const wrong = suppressions.flatMap((one) => {
    const problem = suppressionProblem(one, ruleIds);
    return problem === null
      ? []
      : [{ at: one, message: problem, fix: '# drayage-lint: ignore=RULE reason, on the line above' }];
  });
  const findings = [
    ...rules.flatMap((rule) => rule.find(input).map((breach) => finding(rule, breach))),
    ...wrong.map((breach) => finding(suppressionInvalid, breach)),
  ].toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { ...correctedOf(dockerfile, context, redact), findings: findings.slice(0, findingsMost) };
}

/** Reads it; the lines that a fault shows are without the values of secrets. */
function parseRedacted(file: SourceFile): Dockerfile {
  try {
    return parseDockerfile(file);
  } catch (thrown) {
    if (!isFault(thrown, 'document.invalid')) throw thrown;
    const redact = redactorOf(null);
    const { message, facts } = thrown;
    const problems = thrown.problems.map((problem) => ({ ...problem, text: redact(problem.text) }));
    throw new Fault('document.invalid', redact(message), {
      facts,
      problems,
      next: 'Mend the places named and try again.',
    });
  }
}

function correctedOf(
  dockerfile: Dockerfile,
  context: BuildContext | null,
  redact: (text: string) => string,
): Omit<LintResult, 'findings'> {
  const { file, entries, stages } = dockerfile;
  const isWanted = (read: Dockerfile, { rule, step }: OrderAdvice): boolean =>
    suppressedBy(suppressionsOf(read), rule, { at: step.instruction, message: '', fix: null }) === undefined;
  const corrected = correctOrder(dockerfile, context, isWanted);
  const isSame = corrected === file.text;
  return {
    file: file.name,
    instructions: entries.length,
    stages: stages.length,
    corrected: isSame ? null : corrected,
    diff: isSame ? '' : unifiedDiff(redact(file.text), redact(corrected)),
    redacted: redact(file.text) !== file.text,
  };
}

function inputOf(dockerfile: Dockerfile, context: BuildContext | null): RuleInput {
  const walked = walkStages(dockerfile);
  const final = walked.at(-1);
  if (final === undefined) throw new Error('a Dockerfile without a stage was read');
  const shipped: WalkedStage[] = [];
  for (let stage: WalkedStage | null = final; stage !== null; stage = stage.base) shipped.push(stage);
  return { dockerfile, walked, context, order: adviseOrder(dockerfile, context), last: final.stage, shipped };
}

function orderOf(
  before: string,
  advice: OrderAdvice | undefined,
  redact: (text: string) => string,
): Pick<LintFinding, 'cost' | 'correction'> {
  if (advice === undefined) return { cost: null, correction: null };
  const { remedy } = advice;
  if (remedy.kind === 'words') return { cost: { before: advice.before, after: null }, correction: null };
  const { by, granted, rest, after, text } = remedy;
  const diff = unifiedDiff(redact(before), redact(text));
  return { cost: { before: advice.before, after }, correction: { by, diff, granted, rest } };
}

/** The suppression that a breach is covered by: of its rule, right above its instruction. */
function suppressedBy(suppressions: readonly Suppression[], rule: string, { at }: Breach): Suppression | undefined {
  return suppressions.find(
    (one) => suppressionProblem(one, ruleIds) === null && one.rules.includes(rule) && covers(one.instruction, at.line),
  );
}

function covers(instruction: Instruction, line: number): boolean {
  return line >= instruction.line && line <= instruction.endLine;
}
