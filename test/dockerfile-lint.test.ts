import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { lintDockerfile } from '../core/dockerfile/lint.ts';
import { ruleIds, rules } from '../core/dockerfile/rules.ts';
import { toSarif } from '../core/dockerfile/sarif.ts';

const folder = join(import.meta.dirname, 'dockerfile');
const files = (await readdir(folder)).filter((name) => name.endsWith('.dockerfile')).toSorted();
const expected = (await readFile(join(folder, 'EXPECTED.md'), 'utf8'))
  .split('\n')
  .filter((line) => /^\| [a-z]/.test(line));

/** What is wrong with a log by the schema that is published with the standard; null: nothing. */
const checkSarif = (() => {
  // Of draft 04, of which it uses nothing that has changed since but this.
  const { id: _, $schema: __, ...schema } = sarifSchema;
  // A pattern of its has a bracket too many, which only a plain expression takes.
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  ajv.addFormat('uri', (value: string) => URL.canParse(value));
  ajv.addFormat('uri-reference', (value: string) => !/\s/.test(value) && URL.canParse(value, 'file:///folder/'));
  ajv.addFormat('date-time', (value: string) => !Number.isNaN(Date.parse(value)));
  const validate = ajv.compile(schema);
  return (log: unknown) => (validate(log) ? null : ajv.errorsText(validate.errors));
})();

async function lint(name: string) {
  return lintDockerfile({ name, text: await readFile(join(folder, name), 'utf8') });
}

test('at least 30 Dockerfiles of all ecosystems have exactly the findings that are expected', async () => {
  const rows: string[] = [];
  for (const file of files) {
    const name = file.replace('.dockerfile', '');
    const { findings } = await lint(file);
    if (findings.length === 0) rows.push(`| ${name} | - | nothing |`);
    for (const { line, rule, suppressed } of findings) {
      rows.push(`| ${name} | ${line} | ${rule}${suppressed === null ? '' : ' (suppressed)'} |`);
    }
  }
  assert.deepEqual(rows, expected);
  assert.ok(files.length >= 30);
});

test('the corrected order is the one that is expected, and has no better one', async () => {
  const corrected = await readdir(join(folder, 'corrected'));
  for (const file of files) {
    const result = await lint(file);
    const wanted = corrected.includes(file) ? await readFile(join(folder, 'corrected', file), 'utf8') : null;
    assert.equal(result.corrected, wanted, file);
    if (wanted !== null) assert.equal(lintDockerfile({ name: file, text: wanted }).corrected, null, file);
  }
});

test('every rule but those that need the build context is met by some Dockerfile', () => {
  const met = new Set(expected.map((row) => row.split('|')[3]?.trim().replace(' (suppressed)', '')));
  assert.deepEqual(
    ruleIds.filter((id) => !met.has(id)),
    ['dockerignore-missing'],
  );
});

test('the SARIF log of all of them is valid by the schema of SARIF 2.1.0, and names rules and places', async () => {
  const log = toSarif(await Promise.all(files.map(lint)));
  assert.equal(checkSarif(log), null);
  const { runs } = log as { readonly runs: readonly [{ readonly results: readonly SarifResult[] }] };
  const [{ results }] = runs;
  const told = results.map(({ ruleId, locations: [{ physicalLocation: at }], suppressions }) => {
    const name = at.artifactLocation.uri.replace('.dockerfile', '');
    return `| ${name} | ${at.region.startLine} | ${ruleId}${suppressions === undefined ? '' : ' (suppressed)'} |`;
  });
  assert.deepEqual(
    told,
    expected.filter((row) => !row.includes('| nothing |')),
  );
  for (const { ruleId, ruleIndex } of results) assert.equal(rules[ruleIndex]?.id, ruleId);
});

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly suppressions?: readonly { readonly justification: string }[];
  readonly locations: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: { readonly uri: string };
        readonly region: { readonly startLine: number };
      };
    },
  ];
}

test('in SARIF a suppression keeps its reason, and a path is a URI', () => {
  const text = 'FROM node\n# drayage-lint: ignore=shell-form-command a job\nCMD a\n';
  for (const [name, uri] of [
    ['a folder/Döckerfile', 'a%20folder/D%C3%B6ckerfile'],
    ['/srv/100%/Dockerfile', 'file:///srv/100%25/Dockerfile'],
  ] as const) {
    const log = toSarif([lintDockerfile({ name, text })]);
    assert.equal(checkSarif(log), null);
    const { runs } = log as { readonly runs: readonly [{ readonly results: readonly SarifResult[] }] };
    const result = runs[0].results.find(({ ruleId }) => ruleId === 'shell-form-command');
    assert.equal(result?.locations[0].physicalLocation.artifactLocation.uri, uri);
    assert.deepEqual(result?.suppressions, [{ kind: 'inSource', justification: 'a job' }]);
  }
});

test('the schema finds what is wrong, so that finding nothing means something', async () => {
  const log = toSarif([await lint('everything-wrong.dockerfile')]);
  for (const [at, wrong, found] of [
    ['level', 'fatal', /level must be equal to one of the allowed values/],
    ['message', {}, /message must have required property 'text'/],
    ['line', 7, /must NOT have additional properties/],
    ['ruleIndex', -2, /ruleIndex must be >= -1/],
  ] as const) {
    const altered = structuredClone(log) as { runs: [{ results: Record<string, unknown>[] }] };
    Object.assign(altered.runs[0].results[0] ?? {}, { [at]: wrong });
    assert.match(checkSarif(altered) ?? '', found);
  }
});
