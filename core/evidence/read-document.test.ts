import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportBom } from './export.ts';
import { findingsOf, countsOf } from './findings.ts';
import { readEvidenceDocument } from './read-document.ts';
import { unmetOf } from './requirements.ts';
import { makeBom } from '../bom/bom.ts';
import { sha256 } from '../hash.ts';
import type { EvidenceSummary } from './summary.ts';

const image = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const hex = 'a'.repeat(64);

const trivy = {
  SchemaVersion: 2,
  ArtifactName: 'r/cart:1',
  Metadata: { ImageID: other, RepoDigests: [`r/cart@${image}`] },
  Results: [
    {
      Target: 'debian',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2024-1',
          PkgName: 'openssl',
          InstalledVersion: '3.0.1',
          FixedVersion: '3.0.2',
          Severity: 'CRITICAL',
        },
        { VulnerabilityID: 'CVE-2024-2', PkgName: 'zlib', InstalledVersion: '1', Severity: 'HIGH' },
        { VulnerabilityID: 'CVE-2024-1', PkgName: 'openssl', InstalledVersion: '3.0.1', Severity: 'CRITICAL' },
      ],
    },
    { Target: 'nothing' },
  ],
};
const grype = {
  descriptor: { name: 'grype', version: '0.74' },
  source: { type: 'image', target: { manifestDigest: image, imageID: other, repoDigests: [] } },
  matches: [
    {
      vulnerability: { id: 'GHSA-1', severity: 'Medium', fix: { versions: ['2'], state: 'fixed' } },
      relatedVulnerabilities: [{ id: 'CVE-2024-2' }],
      artifact: { name: 'zlib', version: '1' },
    },
  ],
};

function read(document: unknown) {
  return readEvidenceDocument(document);
}

test('CycloneDX gives packages, nested ones too, its tool in both forms, and the image that it is of', () => {
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: {
      component: { type: 'container', name: 'cart', version: image },
      tools: { components: [{ type: 'application', name: 'syft', version: '1.0' }] },
    },
    components: [
      {
        type: 'library',
        name: 'b',
        version: '2',
        purl: 'pkg:npm/b@2',
        components: [{ type: 'library', group: '@x', name: 'c' }],
      },
      { type: 'operating-system', name: 'debian' },
      { type: 'file', name: '/etc/passwd' },
      { type: 'library', name: 'b', version: '2', purl: 'pkg:npm/b@2' },
      'nonsense',
    ],
  };
  const reading = read(document);
  assert.deepEqual(reading.subjects, [image]);
  assert.deepEqual(reading.summary, {
    kind: 'sbom',
    format: 'CycloneDX 1.6',
    tool: 'syft 1.0',
    packages: [
      { name: '@x/c', version: null, purl: null },
      { name: 'b', version: '2', purl: 'pkg:npm/b@2' },
    ],
  });
  const old = read({ bomFormat: 'CycloneDX', specVersion: '1.4', metadata: { tools: [{ name: 'trivy' }] } });
  assert.equal(old.summary.kind === 'sbom' && old.summary.tool, 'trivy');
});

test('SPDX gives packages without the image that the document describes', () => {
  const reading = read({
    spdxVersion: 'SPDX-2.3',
    creationInfo: { creators: ['Organization: X', 'Tool: syft-1.0'] },
    packages: [
      { SPDXID: 'SPDXRef-image', name: 'cart', versionInfo: image, primaryPackagePurpose: 'CONTAINER' },
      {
        SPDXID: 'SPDXRef-1',
        name: 'zlib',
        versionInfo: '1.3',
        externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:deb/zlib@1.3' }],
      },
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-image' },
    ],
  });
  assert.deepEqual(reading.subjects, [image]);
  assert.deepEqual(reading.summary, {
    kind: 'sbom',
    format: 'SPDX 2.3',
    tool: 'syft-1.0',
    packages: [{ name: 'zlib', version: '1.3', purl: 'pkg:deb/zlib@1.3' }],
  });
});

test('Trivy, Grype and SARIF give findings, each once, and the image that they are of', () => {
  const one = read(trivy);
  assert.deepEqual(one.subjects, [image, other]);
  assert.deepEqual(
    one.summary.kind === 'scan' && one.summary.findings.map(({ id, severity, fixedIn }) => [id, severity, fixedIn]),
    [
      ['CVE-2024-1', 'critical', null],
      ['CVE-2024-2', 'high', null],
    ],
  );
  const two = read(grype);
  assert.deepEqual(two.subjects, [image, other]);
  assert.deepEqual(two.summary.kind === 'scan' && two.summary.findings, [
    { id: 'GHSA-1', aliases: ['CVE-2024-2'], severity: 'medium', package: 'zlib', version: '1', fixedIn: '2' },
  ]);
  const sarif = read({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Trivy', rules: [{ id: 'CVE-2024-3', properties: { 'security-severity': '9.8' } }] } },
        results: [
          {
            ruleId: 'CVE-2024-3',
            level: 'error',
            message: { text: 'Package: curl\nInstalled Version: 8.0\nFixed Version: 8.1' },
          },
          { ruleId: 'CVE-2024-4', level: 'warning', message: {} },
        ],
        properties: { repoDigests: [`r/cart@${image}`] },
      },
    ],
  });
  assert.deepEqual(sarif.subjects, [image]);
  assert.deepEqual(sarif.summary.kind === 'scan' && sarif.summary.findings, [
    { id: 'CVE-2024-3', aliases: [], severity: 'critical', package: 'curl', version: '8.0', fixedIn: '8.1' },
    { id: 'CVE-2024-4', aliases: [], severity: 'medium', package: '(not told)', version: null, fixedIn: null },
  ]);
});

test('SLSA provenance of both forms gives builder, source and commit, and an attested SBOM has the statement as its subject', () => {
  const subject = [{ name: 'r/cart', digest: { sha256: hex } }];
  const commit = '3b18e512dba79e4c8300dd08aeb37f8e728b8dad';
  const v1 = read({
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://b/t',
        resolvedDependencies: [
          { uri: 'git+https://u:p@github.com/shop/cart@refs/heads/main', digest: { gitCommit: commit } },
        ],
      },
      runDetails: { builder: { id: 'https://b/1' }, metadata: { startedOn: '2026-11-29T14:00:00Z' } },
    },
  });
  assert.deepEqual(v1.subjects, [image]);
  assert.deepEqual(v1.summary, {
    kind: 'provenance',
    format: 'SLSA v1',
    builder: 'https://b/1',
    buildType: 'https://b/t',
    source: 'https://github.com/shop/cart@refs/heads/main',
    commit,
    startedAt: Date.UTC(2026, 10, 29, 14),
  });
  const attested = read({
    _type: 'https://in-toto.io/Statement/v0.1',
    subject,
    predicateType: 'https://cyclonedx.org/bom',
    predicate: { bomFormat: 'CycloneDX', specVersion: '1.5', components: [] },
  });
  assert.deepEqual([attested.subjects, attested.summary.kind], [[image], 'sbom']);
});

test('what is none of these is refused, whatever it is, and a hostile name does not get far', () => {
  for (const document of [null, 7, 'x', [], {}, { bomFormat: 'x' }, { _type: 'https://in-toto.io/Statement/v1' }])
    assert.throws(() => read(document), { code: 'evidence.unreadable' });
  const hostile = JSON.parse(
    '{"bomFormat":"CycloneDX","components":[{"type":"library","name":"a\\u001b[2J\\ud800","__proto__":{"x":1}}]}',
  );
  const { summary } = read(hostile);
  assert.equal(summary.kind === 'sbom' && summary.packages[0]?.name, 'a [2J\ufffd');
});

test('a component with more components in it than a call takes arguments is read like any other', () => {
  const inner = Array.from({ length: 200_000 }, () => ({}));
  inner.push({ name: 'the last' });
  const { summary } = read({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ components: inner }] });
  assert.deepEqual(summary.kind === 'sbom' && summary.packages, [{ name: 'the last', version: null, purl: null }]);
  const checksums = Array.from({ length: 200_000 }, () => ({ algorithm: 'SHA256', checksumValue: hex }));
  const described = { SPDXID: 'i', name: 'cart', primaryPackagePurpose: 'CONTAINER', checksums };
  const { subjects } = read({ spdxVersion: 'SPDX-2.3', documentDescribes: ['i'], packages: [described] });
  assert.equal(subjects.length, 200_000);
});

/** An OpenVEX document that says the same of so many vulnerabilities, and of so many images of each. */
function vexOf(vulnerabilities: number, images = 0) {
  const products = Array.from({ length: images }, (_, at) => ({ '@id': `i@sha256:${sha256(String(at))}` }));
  const said = { status: 'fixed', products };
  const statements = Array.from({ length: vulnerabilities }, (_, at) => ({ ...said, vulnerability: `CVE-${at}` }));
  return { '@context': 'https://openvex.dev/ns/v0.2.0', statements };
}

test('a VEX document with more statements than are kept is refused with the count, each image of one counting for itself', () => {
  const count = (document: object) => {
    const { summary } = read(document);
    return summary.kind === 'vex' && summary.statements.length;
  };
  assert.equal(count(vexOf(50_000)), 50_000);
  assert.equal(count(vexOf(100, 500)), 100);
  for (const document of [vexOf(50_001), vexOf(101, 500)])
    assert.throws(() => read(document), {
      code: 'evidence.too-large',
      message: /^The document makes 50(?:001|500) statements .*; at most 50000 are kept\.$/,
    });
});

const nowMs = 1_790_000_000_000;
const of = { service: 'cart', waivers: [], nowMs };

function pieces(...summaries: readonly EvidenceSummary[]) {
  return summaries.map((summary, index) => ({ summary, image, at: nowMs - 1000 + index }));
}

test('of each scanner the newest report counts, and what two of them find counts once with the worse severity', () => {
  const clean = { ...read(trivy).summary, findings: [] } as EvidenceSummary;
  assert.deepEqual(countsOf(findingsOf(pieces(read(trivy).summary, clean), of).findings).critical, 0);
  const both = findingsOf(pieces(read(trivy).summary, read(grype).summary), of);
  assert.deepEqual(countsOf(both.findings), { critical: 1, high: 1, medium: 0, low: 0, unknown: 0 });
});

test('a VEX statement takes a finding out until a later one says otherwise; it binds only the images that it names', () => {
  const vex = (status: string, products: readonly unknown[] = []) =>
    read({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [{ vulnerability: { name: 'CVE-2024-1' }, status, justification: 'code_not_reachable', products }],
    }).summary;
  const scan = read(trivy).summary;
  const critical = (...summaries: readonly EvidenceSummary[]) =>
    countsOf(findingsOf(pieces(...summaries), of).findings).critical;
  assert.equal(critical(scan, vex('not_affected')), 0);
  assert.equal(critical(scan, vex('not_affected'), vex('affected')), 1);
  assert.equal(critical(scan, vex('not_affected', [{ '@id': `pkg:oci/x@sha256%3A${'b'.repeat(64)}` }])), 1);
  assert.equal(critical(scan, vex('not_affected', [{ '@id': `pkg:oci/x@sha256%3A${hex}` }])), 0);
  const cyclone = read({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    vulnerabilities: [{ id: 'CVE-2024-1', analysis: { state: 'false_positive' } }],
  }).summary;
  assert.equal(critical(scan, cyclone), 0);
});

test('statements by the hundred thousand, which an older release may have, are weighed against as many findings', () => {
  const said = { status: 'fixed', why: null, images: [] } as const;
  const statements = Array.from({ length: 200_000 }, (_, at) => ({ ...said, vulnerability: `CVE-${at}` }));
  const finding = { aliases: [], severity: 'low', package: 'p', version: null, fixedIn: null } as const;
  const findings = Array.from({ length: 50_000 }, (_, at) => ({ ...finding, id: `CVE-${at * 5}` }));
  const scan = { kind: 'scan', format: 'Trivy', tool: 'trivy', findings } as const;
  const { low } = countsOf(findingsOf(pieces({ kind: 'vex', format: 'OpenVEX', statements }, scan), of).findings);
  assert.equal(low, 10_000);
});

test('a waiver counts in its service until its end', () => {
  const waiver = { id: 'w-1', vulnerability: 'CVE-2024-1', service: 'cart', reason: 'r', until: nowMs + 1, actor: 't' };
  const critical = (waivers: readonly (typeof waiver)[], service = 'cart') =>
    countsOf(findingsOf(pieces(read(trivy).summary), { service, waivers, nowMs }).findings).critical;
  assert.equal(critical([waiver]), 0);
  assert.equal(critical([{ ...waiver, until: nowMs }]), 1);
  assert.equal(critical([waiver], 'catalog'), 1);
});

test('a gate asks for a report of every image, not too old, and for no more findings than are allowed', () => {
  const resolved = `r/cart:1@${image}`;
  const bom = makeBom({
    manifest: {
      identity: { service: 'cart', version: '1', definition: {}, images: { web: resolved }, files: {} },
      images: { web: { reference: 'r/cart:1', resolved, hasHealthCheck: null } },
      parameters: [],
      source: { name: 'c', text: '' },
      meta: {},
      warnings: [],
    },
    builds: [],
    images: new Map(),
  });
  const day = 86_400_000;
  const requires = { bom: [], sbom: true, scan: { most: { critical: 0, high: 1 }, withinMs: 7 * day } } as const;
  const unmet = (summaries: readonly EvidenceSummary[], later = 0) => {
    const evidence = pieces(...summaries);
    const findings = findingsOf(evidence, of);
    return unmetOf(requires, {
      bom,
      evidence,
      findings,
      judged: { signatures: [], provenances: [] },
      nowMs: nowMs + later,
    });
  };
  assert.deepEqual(unmet([]), ['no SBOM of web', 'no report of a scanner of web']);
  const sbom = read({ bomFormat: 'CycloneDX', specVersion: '1.6' }).summary;
  assert.deepEqual(unmet([sbom, read(trivy).summary]), ['1 open critical finding, 0 allowed: CVE-2024-1 in openssl']);
  assert.deepEqual(unmet([sbom, read(grype).summary], 9 * day), ['the newest report of web is 9 days old']);
  assert.deepEqual(unmet([sbom, read(grype).summary]), []);
});

test('a bill leaves as CycloneDX 1.6 that is read again, and as a statement about its images', () => {
  const resolved = `r/cart:1@${image}`;
  const manifest = {
    identity: { service: 'cart', version: '1', definition: {}, images: { web: resolved }, files: {} },
    images: { web: { reference: 'r/cart:1', resolved, hasHealthCheck: null } },
    parameters: [],
    source: { name: 'c', text: '' },
    meta: { ticket: 'SHOP-1' },
    warnings: [],
  };
  const bom = makeBom({ manifest, builds: [], images: new Map() });
  const documents = [{ digest: hex, kind: 'sbom', image }];
  const of = { manifest, identity: hex, bom, registeredAt: nowMs, documents };
  const document = exportBom('cyclonedx', of);
  assert.match(
    JSON.stringify(document['serialNumber']),
    /^"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$/,
  );
  assert.equal(read(document).summary.kind, 'sbom');
  assert.match(JSON.stringify(document), /"drayage:meta:ticket","value":"SHOP-1"/);
  assert.match(JSON.stringify(document), new RegExp(`"type":"bom","url":"urn:sha256:${hex}"`));
  assert.deepEqual(exportBom('in-toto', of)['subject'], [{ name: 'r/cart:1', digest: { sha256: hex } }]);
  assert.deepEqual(read(exportBom('in-toto', of)).subjects, [image]);
});
