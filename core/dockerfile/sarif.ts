import type { LintFinding, LintResult } from './lint.ts';
import { rules } from './rules.ts';

const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** Results as a SARIF 2.1.0 log (OASIS), as code scanners take it. What is suppressed is told as such. */
export function toSarif(results: readonly LintResult[]): object {
  return {
    $schema: schema,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'dray lint', rules: rules.map(describeRule) } },
        columnKind: 'utf16CodeUnits',
        results: results.flatMap((result) => result.findings.map((finding) => describeFinding(result.file, finding))),
      },
    ],
  };
}

function describeRule({ id, finds, reason, severity }: (typeof rules)[number]): object {
  return {
    id,
    shortDescription: { text: finds },
    fullDescription: { text: reason },
    help: { text: reason },
    defaultConfiguration: { level: severity },
  };
}

function describeFinding(file: string, finding: LintFinding): object {
  const { rule, severity, message, fix, line, column, endColumn, correction, suppressed } = finding;
  const more = [
    fix === null ? [] : [`Instead: ${fix}.`],
    correction === null ? [] : [`In this order:\n${correction.diff}`],
  ].flat();
  const suppressions = suppressed === null ? {} : { suppressions: [{ kind: 'inSource', justification: suppressed }] };
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex((one) => one.id === rule),
    level: severity,
    message: { text: [`${message}.`, ...more].join(' ') },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column, endColumn },
        },
      },
    ],
    ...suppressions,
  };
}

/** A path as a relative or absolute URI reference. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
