import { at, digestsIn, listAt, textAt } from './loose.ts';
import type { DocumentReading, Package } from './summary.ts';

/** An image of more packages is no image of ours. */
export const packagesMost = 100_000;

/** CycloneDX JSON 1.2 to 1.7 (cyclonedx.org/docs, "bom"). Files and operating systems are components too: only software counts. */
export function readCycloneDx(document: unknown): DocumentReading {
  const packages = new Map<string, Package>();
  const rest = [...listAt(document, 'components')];
  for (let next = rest.pop(); next !== undefined && packages.size < packagesMost; next = rest.pop()) {
    // One by one: a call takes no more than some 120,000 arguments, and a list may have millions of items.
    for (const inner of listAt(next, 'components')) rest.push(inner);
    const type = at(next, 'type');
    const name = textAt(next, ['name']);
    if (name === null || type === 'file' || type === 'operating-system' || type === 'container') continue;
    const group = textAt(next, ['group']);
    const found = {
      name: group === null ? name : `${group}/${name}`,
      version: textAt(next, ['version'], 100),
      purl: textAt(next, ['purl'], 500),
    };
    packages.set(keyOf(found), found);
  }
  const subject = at(document, 'metadata', 'component');
  return {
    subjects: [
      ...digestsIn(textAt(subject, ['version'])),
      ...digestsIn(textAt(subject, ['purl'], 500)?.replaceAll('%3A', ':').replaceAll('%3a', ':') ?? null),
      ...listAt(subject, 'properties').flatMap((property) => digestsIn(textAt(property, ['value'], 500))),
    ],
    summary: {
      kind: 'sbom',
      format: `CycloneDX ${textAt(document, ['specVersion'], 10) ?? '?'}`,
      tool: toolOfCycloneDx(document),
      packages: sorted(packages),
    },
  };
}

/** `metadata.tools` is a list up to 1.4, and holds `components` from 1.5 on. */
export function toolOfCycloneDx(document: unknown): string | null {
  const tools = [...listAt(document, 'metadata', 'tools', 'components'), ...listAt(document, 'metadata', 'tools')];
  const [tool] = tools;
  const name = textAt(tool, ['name'], 100);
  const version = textAt(tool, ['version'], 50);
  return name === null ? null : version === null ? name : `${name} ${version}`;
}

/** SPDX JSON 2.2 and 2.3 (spdx.github.io/spdx-spec/v2.3). The package that the document describes is its subject. */
export function readSpdx(document: unknown): DocumentReading {
  const described = new Set([
    ...listAt(document, 'documentDescribes'),
    ...listAt(document, 'relationships').flatMap((it) =>
      at(it, 'relationshipType') === 'DESCRIBES' ? [at(it, 'relatedSpdxElement')] : [],
    ),
  ]);
  const packages = new Map<string, Package>();
  const subjects: string[] = [];
  for (const item of listAt(document, 'packages')) {
    if (packages.size >= packagesMost) break;
    const name = textAt(item, ['name']);
    if (name === null) continue;
    const purl = listAt(item, 'externalRefs').find((ref) => at(ref, 'referenceType') === 'purl');
    const found = {
      name,
      version: textAt(item, ['versionInfo'], 100),
      purl: purl === undefined ? null : textAt(purl, ['referenceLocator'], 500),
    };
    if (described.has(at(item, 'SPDXID')) && at(item, 'primaryPackagePurpose') === 'CONTAINER') {
      for (const subject of digestsIn(found.version)) subjects.push(subject);
      for (const subject of listAt(item, 'checksums').flatMap(checksum)) subjects.push(subject);
    } else packages.set(keyOf(found), found);
  }
  const creators = listAt(document, 'creationInfo', 'creators');
  const tool = creators.find((it) => typeof it === 'string' && it.startsWith('Tool: '));
  return {
    subjects,
    summary: {
      kind: 'sbom',
      format: (textAt(document, ['spdxVersion'], 20) ?? 'SPDX').replace('-', ' '),
      tool: typeof tool === 'string' ? tool.slice('Tool: '.length, 150) : null,
      packages: sorted(packages),
    },
  };
}

function checksum(item: unknown): readonly string[] {
  return at(item, 'algorithm') === 'SHA256' ? digestsIn(`sha256:${textAt(item, ['checksumValue']) ?? ''}`) : [];
}

function keyOf({ name, version, purl }: Package): string {
  return purl ?? `${name}@${version ?? ''}`;
}

function sorted(packages: ReadonlyMap<string, Package>): readonly Package[] {
  return [...packages].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}
