import { at, digestsIn, listAt, membersAt, textAt } from './loose.ts';
import { toolOfCycloneDx } from './sbom.ts';
import { severities, type DocumentReading, type Finding, type Severity } from './summary.ts';

/** Findings of one report that are kept; a report with more is refused, since a gate must see them all. */
export const findingsMost = 50_000;

/** Trivy's own JSON, SchemaVersion 2 (`trivy image --format json`). */
export function readTrivy(document: unknown): DocumentReading {
  const findings = listAt(document, 'Results').flatMap((result) =>
    listAt(result, 'Vulnerabilities').flatMap((it) =>
      finding({
        id: textAt(it, ['VulnerabilityID'], 100),
        aliases: [],
        severity: severityOf(at(it, 'Severity')),
        package: textAt(it, ['PkgName']),
        version: textAt(it, ['InstalledVersion'], 100),
        fixedIn: textAt(it, ['FixedVersion'], 100),
      }),
    ),
  );
  return {
    subjects: [
      ...listAt(document, 'Metadata', 'RepoDigests').flatMap((it) => (typeof it === 'string' ? digestsIn(it) : [])),
      ...digestsIn(textAt(document, ['Metadata', 'ImageID'])),
    ],
    summary: { kind: 'scan', format: 'Trivy', tool: 'trivy', findings: distinct(findings) },
  };
}

/** Grype's own JSON (`grype -o json`). A finding is a GHSA as often as a CVE: the related names are its aliases. */
export function readGrype(document: unknown): DocumentReading {
  const findings = listAt(document, 'matches').flatMap((it) =>
    finding({
      id: textAt(it, ['vulnerability', 'id'], 100),
      aliases: listAt(it, 'relatedVulnerabilities').flatMap((related) => textAt(related, ['id'], 100) ?? []),
      severity: severityOf(at(it, 'vulnerability', 'severity')),
      package: textAt(it, ['artifact', 'name']),
      version: textAt(it, ['artifact', 'version'], 100),
      fixedIn:
        listAt(it, 'vulnerability', 'fix', 'versions')
          .find((each) => typeof each === 'string')
          ?.toString() ?? null,
    }),
  );
  const target = at(document, 'source', 'target');
  return {
    subjects: [
      ...listAt(target, 'repoDigests').flatMap((it) => (typeof it === 'string' ? digestsIn(it) : [])),
      ...digestsIn(textAt(target, ['manifestDigest'])),
      ...digestsIn(textAt(target, ['imageID'])),
    ],
    summary: { kind: 'scan', format: 'Grype', tool: 'grype', findings: distinct(findings) },
  };
}

/**
 * SARIF 2.1.0, as scanners of images write it: a result's rule is the vulnerability, and `security-severity` of the rule is
 * a CVSS score. What a result names no package for is found in its message's first words.
 */
export function readSarif(document: unknown): DocumentReading {
  const runs = listAt(document, 'runs');
  const findings = runs.flatMap((run) => {
    const rules = new Map(listAt(run, 'tool', 'driver', 'rules').map((rule) => [at(rule, 'id'), rule]));
    return listAt(run, 'results').flatMap((it) => {
      const rule = rules.get(at(it, 'ruleId')) ?? listAt(run, 'tool', 'driver', 'rules')[Number(at(it, 'ruleIndex'))];
      return finding({
        id: textAt(it, ['ruleId'], 100) ?? textAt(rule, ['id'], 100),
        aliases: [],
        severity: scoreSeverity(at(rule, 'properties', 'security-severity')) ?? levelSeverity(at(it, 'level')),
        package: /Package: (\S+)/.exec(textAt(it, ['message', 'text'], 1000) ?? '')?.[1] ?? '(not told)',
        version: /Installed Version: (\S+)/.exec(textAt(it, ['message', 'text'], 1000) ?? '')?.[1] ?? null,
        fixedIn: /Fixed Version: (\S+)/.exec(textAt(it, ['message', 'text'], 1000) ?? '')?.[1] ?? null,
      });
    });
  });
  const tool = textAt(runs[0], ['tool', 'driver', 'name'], 100) ?? 'unknown';
  return {
    subjects: runs.flatMap((run) =>
      listAt(run, 'properties', 'repoDigests').flatMap((it) => (typeof it === 'string' ? digestsIn(it) : [])),
    ),
    summary: { kind: 'scan', format: 'SARIF', tool: tool.toLowerCase(), findings: distinct(findings) },
  };
}

/** CycloneDX with `vulnerabilities` and no `analysis`: what a scanner found. */
export function readCycloneDxScan(document: unknown, subjects: readonly string[]): DocumentReading {
  const names = new Map(
    listAt(document, 'components').map((it) => [
      at(it, 'bom-ref'),
      [textAt(it, ['name']), textAt(it, ['version'], 100)],
    ]),
  );
  const findings = listAt(document, 'vulnerabilities').flatMap((it) => {
    const worst = listAt(it, 'ratings').map((rating) => severityOf(at(rating, 'severity')));
    const severity = severities.find((each) => worst.includes(each)) ?? 'unknown';
    return listAt(it, 'affects').flatMap((affected) => {
      const [name, version] = names.get(at(affected, 'ref')) ?? [textAt(affected, ['ref'], 200), null];
      const id = textAt(it, ['id'], 100);
      return finding({ id, aliases: [], severity, package: name ?? null, version: version ?? null, fixedIn: null });
    });
  });
  const tool = toolOfCycloneDx(document) ?? 'unknown';
  return {
    subjects,
    summary: {
      kind: 'scan',
      format: `CycloneDX ${textAt(document, ['specVersion'], 10) ?? '?'}`,
      tool: (tool.split(' ')[0] ?? tool).toLowerCase(),
      findings: distinct(findings),
    },
  };
}

type Found = Omit<Finding, 'id' | 'package'> & { readonly id: string | null; readonly package: string | null };

function finding({ id, package: name, ...rest }: Found): readonly Finding[] {
  return id === null ? [] : [{ id, package: name ?? '(not told)', ...rest }];
}

/** One package is often found in several places. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const byKey = new Map(findings.map((it) => [`${it.id}\n${it.package}\n${it.version ?? ''}`, it]));
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it);
}

function severityOf(value: unknown): Severity {
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (word === 'negligible' || word === 'info' || word === 'none') return 'low';
  return severities.find((each) => each === word) ?? 'unknown';
}

/** Qualitative ratings of CVSS 3.1, section 5. */
function scoreSeverity(value: unknown): Severity | null {
  const score = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  if (!(score >= 0 && score <= 10)) return null;
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low';
}

function levelSeverity(value: unknown): Severity {
  return value === 'error' ? 'high' : value === 'warning' ? 'medium' : value === 'note' ? 'low' : 'unknown';
}

/** Whether a CycloneDX document says of its vulnerabilities what became of them. */
export function hasAnalysis(document: unknown): boolean {
  return listAt(document, 'vulnerabilities').some((it) => membersAt(it, 'analysis').length > 0);
}
