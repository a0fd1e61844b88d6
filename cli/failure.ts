import { renderProblems } from '../core/document/render.ts';
import { isFault, type Fault } from '../core/fault.ts';
import { exitCode, exitCodeOfFault, type ExitCode } from './exit-code.ts';
import { printable, type Style } from './style.ts';

/** A command that was given something it cannot work with: shown with the next step, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly next: string | null;

  constructor(message: string, next: string | null = null) {
    super(message);
    this.next = next;
  }
}

/** The person or the system asked this process to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly code: ExitCode;
  /** What goes on without this process; null: nothing. */
  readonly leaves: string | null;

  constructor(code: ExitCode, leaves: string | null = null) {
    super('interrupted');
    this.code = code;
    this.leaves = leaves;
  }
}

/** How a command that did not succeed is told: the exit code, the text for people, the document for programs. */
export interface Failure {
  readonly code: ExitCode;
  readonly text: string;
  readonly json: unknown;
}

/** What to say of anything that a command threw. Stack traces are shown for bugs, and only when asked for. */
export function describeFailure(thrown: unknown, style: Style, debug: boolean): Failure {
  const trace = debug && thrown instanceof Error ? `\n\n${thrown.stack ?? ''}` : '';
  if (thrown instanceof Interrupted) {
    const text = thrown.leaves === null ? 'interrupted' : `interrupted; ${thrown.leaves}`;
    return { code: thrown.code, text, json: { error: { code: 'interrupted', message: text, next: null } } };
  }
  if (thrown instanceof UsageError) {
    return {
      code: exitCode.usage,
      text: sentence(style, thrown.message, [], thrown.next) + trace,
      json: { error: { code: 'usage', message: thrown.message, next: thrown.next } },
    };
  }
  if (isFault(thrown)) {
    return { code: exitCodeOfFault(thrown), text: describeFault(thrown, style) + trace, json: faultDocument(thrown) };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const next = 'This is a bug of Drayage: run it again with DRAYAGE_DEBUG=1 and report what it prints.';
  return {
    code: exitCode.failed,
    text: sentence(style, message, [], next) + trace,
    json: { error: { code: 'bug', message, next } },
  };
}

function describeFault(fault: Fault, style: Style): string {
  if (fault.problems.length > 0)
    return `${style.red('error')} ${style.dim(`[${fault.code}]`)}\n${renderProblems(fault)}`;
  return sentence(style, fault.message, [`[${fault.code}]`, ...causesOf(fault)], fault.next);
}

function sentence(style: Style, message: string, details: readonly string[], next: string | null): string {
  const [code, ...causes] = details;
  const lines = [`${style.red('error:')} ${printable(message)}${code === undefined ? '' : ` ${style.dim(code)}`}`];
  for (const cause of causes) lines.push(`  because: ${printable(cause)}`);
  if (next !== null) lines.push(`  ${style.bold('next:')} ${printable(next)}`);
  return lines.join('\n');
}

/** Messages of errors that tell nothing. */
const empty = new Set(['', 'fetch failed']);

/** Messages of the errors behind a fault, nearest first, at most three, none twice. */
function causesOf(fault: Fault): readonly string[] {
  const messages: string[] = [];
  for (let cause = fault.cause; cause instanceof Error && messages.length < 3; cause = cause.cause) {
    if (!empty.has(cause.message) && !fault.message.includes(cause.message)) messages.push(cause.message);
  }
  return messages;
}

function faultDocument(fault: Fault): unknown {
  const { code, message, next, facts, problems } = fault;
  return { error: { code, message, next, facts, problems } };
}
