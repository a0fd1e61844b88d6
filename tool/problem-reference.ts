import { readFile, writeFile } from 'node:fs/promises';
import { exitCodeOfFault } from '../cli/exit-code.ts';
import { faultCodes, type FaultCode } from '../core/fault-codes.ts';
import { Fault } from '../core/fault.ts';
import { allCodes } from '../wire/operation-codes.ts';
import { statusOf } from '../wire/problem.ts';

const page = new URL('../docs/reference/problems.md', import.meta.url);

const preface = `# Problems

Every code that a problem document of the HTTP API, or \`dray --json\`, can have. Made by \`tool/problem-reference.ts\` of
\`core/fault-codes.ts\`; a test keeps it equal. A code, once released, keeps its meaning.

What came can say more than this page: \`detail\` names what happened to what, \`facts\` has it for programs, and \`next\`
says what to do; where the server knows nothing better, \`next\` is the remedy below. "Status" is of HTTP, "exit" of \`dray\`.
What is answered with 429 or 503 can succeed later: Retry-After says when.
`;

/** The reference of all codes, in Markdown. */
export function problemReference(): string {
  const byArea = Map.groupBy(allCodes(), (code) => code.split('.', 1)[0] ?? code);
  const sections = [...byArea].map(([area, codes]) =>
    [
      `## ${area}`,
      '',
      '| code | kind | status | exit | cause | remedy |',
      '| --- | --- | ---: | ---: | --- | --- |',
      ...codes.map(row),
      '',
    ].join('\n'),
  );
  return `${preface}\n${sections.join('\n')}`;
}

function row(code: FaultCode): string {
  const [kind, cause, remedy] = faultCodes[code];
  const exit = exitCodeOfFault(new Fault(code, cause));
  return `| \`${code}\` | ${kind} | ${statusOf[kind]} | ${exit} | ${cause} | ${remedy} |`;
}

/** The reference as it is committed. */
export async function committedProblemReference(): Promise<string> {
  return await readFile(page, 'utf8');
}

if (import.meta.main) await writeFile(page, problemReference());
