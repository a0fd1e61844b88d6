import type { BillOfMaterials } from '../bom/bom.ts';
import { digestIn } from '../bom/bom.ts';
import { linesOf } from '../bom/lines.ts';
import { sha256 } from '../hash.ts';
import type { JsonObject } from '../json.ts';
import type { ReleaseManifest } from '../release.ts';

/** Forms in which a bill of materials leaves. */
export const bomFormats = ['cyclonedx', 'in-toto'] as const;
export type BomFormat = (typeof bomFormats)[number];

/** What is exported of a release. */
export interface Exported {
  readonly manifest: ReleaseManifest;
  /** Digest of its identity. */
  readonly identity: string;
  readonly bom: BillOfMaterials;
  /** When it was registered, in ms since 1970. */
  readonly registeredAt: number;
  /** Documents that were appended, by digest, with the form and the image of each. */
  readonly documents: readonly { readonly digest: string; readonly kind: string; readonly image: string | null }[];
}

/** A bill of materials as a document of another standard. The same release and evidence give the same document. */
export function exportBom(format: BomFormat, of: Exported): JsonObject {
  const cyclonedx = toCycloneDx(of);
  return format === 'cyclonedx' ? cyclonedx : toStatement(of, cyclonedx);
}

/** CycloneDX 1.6: the release as its component, an image of each of its components below it, every answer a property. */
function toCycloneDx({ manifest, identity, bom, registeredAt, documents }: Exported): JsonObject {
  const { service, version } = manifest.identity;
  const ref = `${service}@${version}`;
  const { repository, commit } = bom.build;
  const images = Object.entries(bom.components).map(([component, { image }]) => ({
    'bom-ref': `${ref}/${component}`,
    type: 'container',
    name: image.replace(/@sha256:.*$/, ''),
    version: digestIn(image),
    hashes: [{ alg: 'SHA-256', content: digestIn(image).replace('sha256:', '') }],
    properties: [{ name: 'drayage:component', value: component }, ...propertiesOf(bom, component)],
    externalReferences: documents
      .filter((it) => it.image === digestIn(image))
      .map(({ digest, kind }) => ({
        type: kind === 'sbom' ? 'bom' : kind === 'provenance' ? 'attestation' : 'vulnerability-assertion',
        url: `urn:sha256:${digest}`,
        hashes: [{ alg: 'SHA-256', content: digest }],
      })),
  }));
  const source =
    repository.kind === 'known'
      ? [
          {
            type: 'vcs',
            url: repository.value,
            ...(commit.kind === 'known' ? { comment: `commit ${commit.value}` } : {}),
          },
        ]
      : [];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(identity)}`,
    version: 1,
    metadata: {
      timestamp: new Date(registeredAt).toISOString(),
      tools: { components: [{ type: 'application', name: 'drayage' }] },
      component: {
        'bom-ref': ref,
        type: 'application',
        name: service,
        version,
        hashes: [{ alg: 'SHA-256', content: identity }],
        externalReferences: source,
        properties: [
          ...propertiesOf(bom, null),
          ...Object.entries(bom.meta).map(([name, value]) => ({ name: `drayage:meta:${name}`, value })),
        ],
      },
    },
    components: images,
    dependencies: [{ ref, dependsOn: images.map((image) => image['bom-ref']) }],
  };
}

/** An in-toto statement v1 whose subjects are the images, and whose predicate is the CycloneDX document. */
function toStatement({ bom }: Exported, predicate: JsonObject): JsonObject {
  const subject = Object.values(bom.components).map(({ image }) => ({
    name: image.replace(/@sha256:.*$/, ''),
    digest: { sha256: digestIn(image).replace('sha256:', '') },
  }));
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType: 'https://cyclonedx.org/bom/v1.6',
    predicate,
  };
}

function propertiesOf(bom: BillOfMaterials, component: string | null) {
  return linesOf(bom).flatMap((line) =>
    line.component === component && line.answer.kind === 'known'
      ? [{ name: `drayage:${line.field}`, value: line.answer.value }]
      : [],
  );
}

/** A version 8 UUID (RFC 9562) of an identity: the same release has the same serial number for ever. */
function uuidOf(identity: string): string {
  const hex = sha256(`bom of ${identity}`);
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
