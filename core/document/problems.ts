import { Fault, type Problem } from '../fault.ts';
import type { DocumentNode, MapEntry, Place, SourceFile } from './node.ts';

/** At most so many problems are told of one document. */
const mostProblems = 50;

/** What a problem is about: a place alone, or a part of the tree. */
export type Subject = Place | DocumentNode | MapEntry;

/** A problem with the part of the tree that it is about. */
export interface Finding {
  readonly subject: Subject;
  readonly problem: Problem;
}

/** Collects what is wrong with one document, in the order found. */
export interface Problems {
  readonly findings: readonly Finding[];
  /** `file:line:column: ...` sentences. */
  readonly warnings: readonly string[];
  add(subject: Subject, message: string, hint?: string | null): void;
  warn(subject: Place, message: string): void;
  /** Throws a Fault with every problem, by place; does nothing when there is none. */
  throwIfAny(code?: 'document.invalid' | 'platform.invalid'): void;
}

/** An empty collection for a file, and for those that its parts stand in. At most 50 problems are kept. */
export function createProblems(file: SourceFile): Problems {
  const findings: Finding[] = [];
  const warnings: string[] = [];
  const lines = new Map<SourceFile, readonly string[]>();

  const lineText = (of: SourceFile, line: number): string => {
    const split = lines.get(of) ?? of.text.split('\n');
    lines.set(of, split);
    return (split[line - 1] ?? '').replace(/\r$/, '').slice(0, 200).toWellFormed();
  };

  return {
    findings,
    warnings,
    add(subject, message, hint = null) {
      if (findings.length >= mostProblems) return;
      const { line, column, file: of = file } = subject;
      // What an anchor holds is read at every place that refers to it.
      const again = findings.some(
        ({ problem: told }) =>
          told.file === of.name && told.line === line && told.column === column && told.message === message,
      );
      if (again) return;
      const problem = { file: of.name, line, column, text: lineText(of, line), message, hint };
      findings.push({ subject, problem });
    },
    warn({ line, column, file: of = file }, message) {
      const sentence = `${of.name}:${line}:${column}: ${message}`;
      if (warnings.length < mostProblems && !warnings.includes(sentence)) warnings.push(sentence);
    },
    throwIfAny(code = 'document.invalid') {
      if (findings.length === 0) return;
      const names = [...new Set([file.name, ...findings.map(({ problem }) => problem.file)])];
      const problems = findings
        .map((finding) => finding.problem)
        .sort((a, b) => names.indexOf(a.file) - names.indexOf(b.file) || a.line - b.line || a.column - b.column);
      throw new Fault(code, summary(problems), {
        facts: { file: file.name, problems: problems.length },
        next: 'Mend the places named and try again.',
        problems,
      });
    },
  };
}

function summary(problems: readonly Problem[]): string {
  const [first] = problems;
  const place = `${first?.file}:${first?.line}:${first?.column}: ${first?.message}`;
  if (problems.length === 1) return place;
  const more = problems.length - 1;
  const least = problems.length === mostProblems ? 'at least ' : '';
  return `${place} (and ${least}${more} more ${more === 1 ? 'problem' : 'problems'})`;
}
