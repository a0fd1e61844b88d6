import type { Fault, Problem } from '../fault.ts';

/**
 * A fault's problems as a compiler shows them: `file:line:column: message`, the line itself, a caret under the place,
 * the hint. Without problems, the message. What comes next ends it. No colours; ends without a line feed.
 */
export function renderProblems(fault: Fault): string {
  const blocks = fault.problems.length === 0 ? [fault.message] : fault.problems.map(renderProblem);
  if (fault.next !== null) blocks.push(fault.next);
  return blocks.join('\n\n');
}

function renderProblem(problem: Problem): string {
  const head = `${problem.file}:${problem.line}:${problem.column}: ${printable(problem.message)}`;
  const margin = String(problem.line);
  const lines = [head];
  if (problem.text.trim() !== '') {
    lines.push(`  ${margin} | ${printable(problem.text)}`);
    const blank = ' '.repeat(margin.length);
    if (problem.column <= problem.text.length + 1) {
      lines.push(`  ${blank} | ${indentOf(problem.text, problem.column)}^`);
    }
  }
  if (problem.hint !== null) lines.push(`  hint: ${printable(problem.hint)}`);
  return lines.join('\n');
}

/** White space as wide as what stands before the column: tabs stay tabs. */
function indentOf(text: string, column: number): string {
  return text.slice(0, column - 1).replace(/[^\t]/g, ' ');
}

/** A document may hold control characters; a terminal must not get them. */
function printable(text: string): string {
  return text.replaceAll(/(?![\t\n])\p{Cc}/gu, '\ufffd');
}
