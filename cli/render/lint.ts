import type { Cost } from '../../core/dockerfile/cost.ts';
import type { LintFinding, LintResult } from '../../core/dockerfile/lint.ts';
import type { Severity } from '../../core/dockerfile/rule.ts';
import { printable, type Paint, type Style } from '../style.ts';

/** Lines are wrapped at this width at most, also where it is no terminal. */
const widthMost = 100;

/** Findings as a compiler shows them, the better order as a diff, and how many there are. */
export function renderLint(result: LintResult, style: Style, width: number): string {
  const told = result.findings.filter(({ suppressed }) => suppressed === null);
  const explained = new Set<string>();
  const blocks = told.map((finding, index) => {
    const before = told[index - 1];
    const shown = before?.line === finding.line && before.column === finding.column;
    const first = !explained.has(finding.rule);
    explained.add(finding.rule);
    return renderFinding(result.file, finding, { shown, explained: !first }, style, Math.min(width, widthMost));
  });
  const corrections = told.some(({ correction }) => correction !== null) ? [renderCorrection(result, told, style)] : [];
  return [...blocks, ...corrections, renderCounts(result, told, style)].join('\n\n');
}

/** What a person has just read: the line itself, the reason of the rule. */
interface Known {
  readonly shown: boolean;
  readonly explained: boolean;
}

function renderFinding(file: string, finding: LintFinding, known: Known, style: Style, width: number): string {
  const { line, column, endColumn, severity, message, rule, text, fix, cost, correction, reason } = finding;
  const place = style.bold(printable(`${file}:${line}:${column}:`));
  const head = `${place} ${paintOf(severity, style)(`${severity}:`)} ${printable(message)} ${style.dim(`[${rule}]`)}`;
  const margin = ' '.repeat(String(line).length);
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  const mark = '^'.repeat(Math.max(1, Math.min(endColumn - column, text.trimEnd().length - column + 1)));
  const snippet = [
    `  ${style.dim(`${line} |`)} ${printable(text)}`,
    `  ${style.dim(`${margin} |`)} ${indent}${paintOf(severity, style)(mark)}`,
  ];
  const lines = [head, ...(known.shown ? [] : snippet)];
  const told = (label: string, words: string): void => void lines.push(labelled(label, words, style, width));
  if (!known.explained) told('why', reason);
  if (cost !== null) told('cost', costSentence(cost.before, cost.after));
  if (correction !== null)
    told('fix', correction.rest === null ? 'the order below' : `the order below; then ${correction.rest}`);
  else if (fix !== null) told('fix', fix);
  return lines.join('\n');
}

function labelled(label: string, words: string, style: Style, width: number): string {
  const [first = '', ...more] = wrap(printable(words), width - 8);
  return [`  ${style.dim(label.padEnd(5))} ${first}`, ...more.map((line) => `        ${line}`)].join('\n');
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function costSentence(before: Cost, after: Cost | null): string {
  const layers = (count: number): string => `${count} ${count === 1 ? 'layer' : 'layers'}`;
  const among = before.installs.length === 0 ? '' : `, ${before.installs.slice(0, 3).join(' and ')} among them`;
  const now = `a change there makes ${layers(before.layers)} anew${among}`;
  if (after === null) return now;
  const left = after.installs.length === 0 ? '' : ` with ${after.installs.slice(0, 3).join(' and ')}`;
  return `${now}; in the order below ${layers(after.layers)}${left}`;
}

function renderCorrection({ diff }: LintResult, told: readonly LintFinding[], style: Style): string {
  const lines = diff
    .trimEnd()
    .split('\n')
    .map((line) => `  ${paintOfLine(line, style)(printable(line))}`);
  const granted = [...new Set(told.flatMap(({ correction }) => correction?.granted ?? []))];
  const assumed =
    granted.length === 0 ? [] : ['', `${style.dim('taken for granted:')} ${printable(granted.join('; '))}`];
  return [`${style.bold('the order that costs less')}, written by --fix:`, ...lines, ...assumed].join('\n');
}

function paintOfLine(line: string, style: Style): Paint {
  if (line.startsWith('+')) return style.green;
  if (line.startsWith('-')) return style.red;
  return line.startsWith('@@') ? style.cyan : (text) => text;
}

function paintOf(severity: Severity, style: Style): Paint {
  return { error: style.red, warning: style.yellow, note: style.cyan }[severity];
}

function renderCounts(
  { file, findings, instructions, stages }: LintResult,
  told: readonly LintFinding[],
  style: Style,
): string {
  const name = style.bold(printable(file));
  const meant = findings.length - told.length;
  const suppressed = meant === 0 ? '' : `, ${meant} suppressed`;
  if (told.length === 0) {
    const size = `${counted(instructions, 'instruction')} in ${counted(stages, 'stage')}`;
    return `${name}: ${style.green('nothing found')} in ${size}${suppressed}`;
  }
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = told.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [paintOf(severity, style)(counted(count, severity))];
  });
  return `${name}: ${counts.join(', ')}${suppressed}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
