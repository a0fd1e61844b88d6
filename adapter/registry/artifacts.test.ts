import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tellPlace } from '../../core/evidence/tell.ts';
import { sha256 } from '../../core/hash.ts';
import {
  indexOf,
  indexType,
  pushArtifact,
  pushImage,
  startBentRegistry,
  type BentRegistry,
  type Layer,
} from '../../test/support/artifact-shelf.ts';
import { createOciRegistry, type OciRegistry } from './registry.ts';

const never = new AbortController().signal;
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

let server: BentRegistry;
let registry: OciRegistry;
before(async () => {
  server = await startBentRegistry();
  registry = createOciRegistry({ dockerConfig: join(import.meta.dirname, 'absent.json'), requestMs: 3_000 });
});
after(async () => {
  await registry.close();
  await server.close();
});

/** An image of its own, with a function that asks for what lies beside it. */
async function imageFor(name: string) {
  server.instead = () => null;
  const image = await pushImage(server, name, '1', name);
  const look = async (ms = 5_000, known: ReadonlySet<string> = new Set()) => {
    const of = { ms, known };
    const found = await registry.artifacts(`${server.host}/${name}:1@${image}`, {}, of, never);
    const texts: string[] = [];
    const passedOver = [...found.passedOver];
    for (const { from, content } of found.documents) {
      try {
        texts.push(Buffer.from(await content(AbortSignal.timeout(ms))).toString());
      } catch (cause) {
        passedOver.push(`${from}: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    }
    return { ...found, texts, passedOver, told: found.asked.map(tellPlace) };
  };
  const refer = async (content: string, type = bundleType, subject = image) =>
    await pushArtifact(server, name, null, { type, layers: [{ mediaType: type, content }], subject });
  const answer = (body: string, type = indexType, status = 200) => {
    server.instead = (path) => (path.includes('/referrers/') ? { status, type, body } : null);
  };
  return { image, tag: image.replace(':', '-'), look, refer, answer };
}

test('what the referrers API lists is fetched, signatures first, and what is not taken is told', async () => {
  const { look, refer, answer } = await imageFor('api');
  const spdx = await refer('{"spdx":1}', 'application/spdx+json');
  answer(indexOf([spdx, await refer('{"chart":1}', 'application/vnd.chart'), await refer('{"bundle":1}')]));
  const { told, texts, passedOver } = await look();
  assert.deepEqual(told, ['the .sig tag: none', 'the .att tag: none', 'the referrers API: 3']);
  assert.deepEqual(texts, ['{"bundle":1}', '{"spdx":1}']);
  assert.deepEqual(passedOver, ['1 of the type application/vnd.chart, which is not taken']);
  const page = { status: 200, type: indexType, body: indexOf([spdx]), link: '</v2/next>; rel="next"' };
  server.instead = (path) => (path.includes('/referrers/') ? page : null);
  assert.deepEqual((await look()).passedOver, ['page 2 of the referrers API: it lies elsewhere']);
});

test('none found and could not be asked are told apart, whatever a registry answers', async () => {
  const { look, answer } = await imageFor('apart');
  assert.deepEqual((await look()).told.slice(2), ['the referrers API: none', 'the referrers tag: none']);
  answer(indexOf([]));
  assert.deepEqual((await look()).told.slice(2), ['the referrers API: none', 'the referrers tag: none']);
  const untold: readonly (readonly [body: string, type: string, status: number, why: string])[] = [
    ['', 'text/plain', 405, 'the registry answered 405'],
    ['<html></html>', 'text/html; charset=utf-8', 200, 'the answer is a web page'],
    ['{"hello":1}', 'application/json', 200, 'the answer is no index'],
    ['not json', indexType, 200, 'the answer is no index'],
    ['', 'text/plain', 503, `The registry ${server.host} answered 503`],
    ['', 'text/plain', 429, `The registry ${server.host} has had too many requests`],
    [' '.repeat(5 * 1024 * 1024), indexType, 200, 'the answer is larger than 4194304 bytes'],
  ];
  for (const [body, type, status, why] of untold) {
    answer(body, type, status);
    const { told } = await look();
    assert.deepEqual(told.slice(2), [`the referrers API could not be asked: ${why}`, 'the referrers tag: none']);
  }
  answer('', 'text/plain', 403);
  assert.match((await look()).told[2] ?? '', /could not be asked: The registry asks for credentials/);
});

test('an index of 10,000 entries costs no more than its bound', async () => {
  const { look, refer, answer } = await imageFor('many');
  const real = await Promise.all(Array.from({ length: 25 }, (_, at) => refer(`{"bundle":${at}}`)));
  const other = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 2, artifactType: 'application/x' };
  const filling = Array.from({ length: 9_975 }, (_, at) => ({ ...other, digest: `sha256:${sha256(String(at))}` }));
  answer(indexOf([...filling, ...real]));
  const { told, documents, passedOver } = await look();
  assert.equal(told[2], 'the referrers API: 10000');
  assert.equal(documents.length, 20);
  assert.deepEqual(passedOver, [
    '9975 of the type application/x, which is not taken',
    '5 artifacts beyond the first 20',
  ]);
});

test('an artifact of another image, with other bytes, without layers or larger than it says is passed over with the reason', async () => {
  const { look, refer, answer } = await imageFor('lies');
  const foreign = await refer('{"of":"another"}', bundleType, `sha256:${'b'.repeat(64)}`);
  const absent = { ...foreign, digest: `sha256:${'c'.repeat(64)}` };
  const image = { ...foreign, digest: await pushImage(server, 'lies', '2', 'an image itself') };
  const large = { ...foreign, size: 50_000_000 };
  const bent = await refer('{"as":"pushed"}');
  answer(indexOf([foreign, absent, image, large, bent, { digest: 'rubbish' }]));
  const inside = server.instead;
  server.instead = (path) => {
    const isBent = path.endsWith(`sha256:${sha256('{"as":"pushed"}')}`);
    return isBent ? { status: 200, type: 'application/json', body: '{"as":"posted"}' } : inside(path);
  };
  const { texts, passedOver } = await look();
  assert.deepEqual(texts, []);
  const said = passedOver.join('\n');
  for (const words of [
    'belongs to another image',
    'answered 404',
    'names none',
    'manifest is too large',
    'other bytes came',
  ])
    assert.ok(said.includes(words), `${words}: ${said}`);
  assert.equal(passedOver.length, 5);
});

test('a registry that is slow costs the time that it was given, and what came until then is kept', async () => {
  const { look, refer, answer, tag } = await imageFor('slow');
  const bundle = await refer('{"bundle":1}');
  await server.putManifest(
    'slow',
    tag,
    indexType,
    indexOf([bundle, { ...bundle, digest: `sha256:${'d'.repeat(64)}` }]),
  );
  server.instead = (path) => (path.includes('d'.repeat(64)) ? 'silence' : null);
  const { texts, passedOver } = await look(1_000);
  assert.deepEqual(texts, ['{"bundle":1}']);
  assert.match(passedOver.join(), /the registry took too long/);
  answer('', 'text/plain', 404);
  server.instead = () => 'silence';
  const { told } = await look(300);
  assert.deepEqual(
    told.map((it) => it.endsWith('could not be asked: the registry took too long')),
    [true, true, true, true, true],
  );
  await assert.rejects(
    registry.artifacts(
      `${server.host}/slow:1@sha256:${'a'.repeat(64)}`,
      {},
      { ms: 300, known: new Set() },
      AbortSignal.abort(),
    ),
  );
});

const simpleSigning = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** Counts how often each blob is fetched from now on. */
function countFetches(): Map<string, number> {
  const fetches = new Map<string, number>();
  server.instead = (path) => {
    const [, digest] = /\/blobs\/sha256:([0-9a-f]+)/.exec(path) ?? [];
    if (digest !== undefined) fetches.set(digest, (fetches.get(digest) ?? 0) + 1);
    return null;
  };
  return fetches;
}

test('of 25 signatures under a tag the last 20 are taken, as cosign appends, and what all are of is fetched once', async () => {
  const { look, tag } = await imageFor('appended');
  const layers = Array.from({ length: 25 }, (_, at) => ({
    mediaType: simpleSigning,
    content: '{"of":"the image"}',
    annotations: { signature: `number ${at}` },
  }));
  await pushArtifact(server, 'appended', `${tag}.sig`, { type: 'application/x', layers });
  const fetches = countFetches();
  const { texts, passedOver } = await look();
  assert.deepEqual(
    texts.map((text) => /number (\d+)/.exec(text)?.[1]),
    Array.from({ length: 20 }, (_, at) => String(at + 5)),
  );
  assert.match(passedOver.join(), /^the tag .*\.sig: 5 layers before the last 20$/);
  assert.deepEqual([...fetches.values()], [1]);
  const again = await look(5_000, new Set(texts.slice(0, 19).map((text) => sha256(text))));
  assert.deepEqual([again.known, again.texts], [19, texts.slice(19)]);
});

test('a document that is known is counted, and neither fetched nor weighed again', async () => {
  const { look, tag } = await imageFor('known');
  const [old, later] = ['{"old":1}', '{"later":1}'];
  const layers = [old, later].map((content) => ({ mediaType: bundleType, content }));
  await pushArtifact(server, 'known', `${tag}.att`, { type: bundleType, layers });
  const fetches = countFetches();
  const { known, texts } = await look(5_000, new Set([sha256(old)]));
  assert.deepEqual([known, texts], [1, [later]]);
  assert.deepEqual([...fetches.keys()], [sha256(later)]);
});

/** Answers a list of pages for the referrers API; each names the next one as a registry does. */
function pagesOf(pages: readonly (readonly object[])[], linkTo: (at: number, path: string) => string | null) {
  const asked: string[] = [];
  server.instead = (path) => {
    if (!path.includes('/referrers/')) return null;
    asked.push(path);
    const at = Number(/[?&]at=(\d+)/.exec(path)?.[1] ?? 0);
    const link = linkTo(at, path.replace(/\?.*/, ''));
    const body = indexOf(pages[at % pages.length] ?? []);
    return { status: 200, type: indexType, body, ...(link === null ? {} : { link }) };
  };
  return asked;
}

test('further pages of the referrers API are followed, signatures of the last one go first', async () => {
  const { look, refer } = await imageFor('pages');
  const spdx = await refer('{"spdx":1}', 'application/spdx+json');
  const bundle = await refer('{"bundle":1}');
  const asked = pagesOf([[spdx], [], [bundle]], (at, path) =>
    at === 2 ? null : at === 0 ? `<${path}?at=1>; rel="next"` : `<http://mirror.test:81${path}?at=2&n=1>;rel=next`,
  );
  const { told, texts, passedOver } = await look();
  assert.deepEqual(texts, ['{"bundle":1}', '{"spdx":1}']);
  assert.deepEqual([told[2], passedOver, asked.length], ['the referrers API: 2', [], 3]);
});

test('pages without end, in a circle, elsewhere or broken end the list, and what came before stands', async () => {
  const { look, refer } = await imageFor('endless');
  const page = [await refer('{"bundle":1}')];
  const ends: readonly (readonly [(at: number, path: string) => string | null, string, number])[] = [
    [(at, path) => `<${path}?at=${at + 1}>; rel="next"`, 'page 11 of the referrers API: at most 10 are asked for', 10],
    [
      (at, path) => `<${path}?at=${1 - at}>; rel="next"`,
      'page 3 of the referrers API: it is one that was asked for',
      2,
    ],
    [() => '</v2/other/referrers/sha256:1?at=1>; rel="next"', 'page 2 of the referrers API: it lies elsewhere', 1],
    [() => '<http://[bad>; rel="next"', 'page 2 of the referrers API: it lies elsewhere', 1],
  ];
  for (const [link, why, count] of ends) {
    const asked = pagesOf([page], (at, path) =>
      at === 1 && count === 2 ? `<${path}?at=1>; rel="next"` : link(at, path),
    );
    const { texts, passedOver } = await look();
    assert.deepEqual(texts, ['{"bundle":1}'], why);
    assert.equal(asked.length, count, why);
    assert.ok(passedOver.includes(why), `${why}: ${passedOver.join('; ')}`);
  }
  pagesOf([page], (at, path) => `<${path}?at=${at + 1}>; rel="next"`);
  const inside = server.instead;
  server.instead = (path) => (path.includes('at=1') ? { status: 503, type: 'text/plain', body: '' } : inside(path));
  const { texts, passedOver } = await look();
  assert.deepEqual(texts, ['{"bundle":1}']);
  assert.deepEqual(passedOver, [`page 2 of the referrers API: The registry ${server.host} answered 503`]);
});

const statementType = 'application/vnd.in-toto+json';
const spdxPredicate = 'https://spdx.dev/Document';

/** An index of one platform, as BuildKit writes it: the attestations are images of the platform unknown/unknown. */
async function indexFor(
  name: string,
  layers: readonly Layer[],
  but: { readonly about?: string; readonly type?: string } = {},
) {
  server.instead = () => null;
  const platform = await pushImage(server, name, 'platform', name);
  const attestation = await pushArtifact(server, name, null, { type: 'application/x', layers });
  const { digest, size, mediaType } = attestation;
  const annotations = {
    'vnd.docker.reference.digest': but.about ?? platform,
    'vnd.docker.reference.type': but.type ?? 'attestation-manifest',
  };
  const index = indexOf([
    { mediaType, digest, size, annotations, platform: { os: 'unknown', architecture: 'unknown' } },
    { mediaType, digest: platform, size: 1, platform: { os: 'linux', architecture: 'riscv64' } },
  ]);
  await server.putManifest(name, '1', indexType, index);
  const of = { ms: 5_000, known: new Set<string>() };
  const look = async () => {
    const found = await registry.artifacts(`${server.host}/${name}:1@sha256:${sha256(index)}`, {}, of, never);
    const texts = await Promise.all(
      found.documents.map(async ({ content }) => Buffer.from(await content(never)).toString()),
    );
    return { texts, told: found.asked.map(tellPlace), passedOver: found.passedOver };
  };
  return { platform, look };
}

const statement = (content: string, predicate?: string): Layer => ({
  mediaType: statementType,
  content,
  ...(predicate === undefined ? {} : { annotations: { 'in-toto.io/predicate-type': predicate } }),
});

test('what BuildKit wrote into an index about the platform that is looked at is taken, each statement by its predicate', async () => {
  const { look } = await indexFor('buildkit', [
    statement('{"sbom":1}', spdxPredicate),
    statement('{"provenance":1}', 'https://slsa.dev/provenance/v0.2'),
    statement('{"untold":1}'),
    statement('{"log":1}', 'https://example.com/log'),
    { mediaType: 'application/x-log', content: 'text' },
  ]);
  const { texts, told, passedOver } = await look();
  assert.deepEqual(texts, ['{"sbom":1}', '{"provenance":1}', '{"untold":1}']);
  assert.equal(told[4], 'the index itself: 1');
  assert.deepEqual(
    passedOver.map((it) => it.replace(/^the attestation manifest sha256:\w+: /, '')),
    [
      'a statement of https://example.com/log, which is not taken',
      'a layer of the type application/x-log, which is not taken',
    ],
  );
});

test('an attestation of another platform, or of another type, is left', async () => {
  const other = await indexFor('other', [statement('{"sbom":1}', spdxPredicate)], {
    about: `sha256:${'e'.repeat(64)}`,
  });
  const found = await other.look();
  assert.deepEqual([found.texts, found.told[4]], [[], 'the index itself: none']);
  assert.deepEqual(found.passedOver, ['1 attestation manifests of other platforms of the index']);
  const strange = await indexFor('strange', [statement('{"sbom":1}', spdxPredicate)], { type: 'something-else' });
  assert.deepEqual(await strange.look(), { ...(await strange.look()), texts: [], passedOver: [] });
});

test('what lies beside the image of the platform of an index is found too, once', async () => {
  const both = statement('{"provenance":1}', 'https://slsa.dev/provenance/v1');
  const { platform, look } = await indexFor('platform', [both]);
  const type = 'application/vnd.in-toto+json';
  const referrer = await pushArtifact(server, 'platform', null, {
    type,
    layers: [both, { mediaType: type, content: '{"sbom":1}' }],
    subject: platform,
  });
  await server.putManifest('platform', platform.replace(':', '-'), indexType, indexOf([referrer]));
  await pushArtifact(server, 'platform', `${platform.replace(':', '-')}.att`, {
    type: bundleType,
    layers: [{ mediaType: bundleType, content: '{"bundle":1}' }],
  });
  const { texts, told } = await look();
  assert.deepEqual(texts, ['{"provenance":1}', '{"bundle":1}', '{"sbom":1}']);
  assert.deepEqual(told.slice(5), [
    'the .att tag of its platform: 1',
    'the referrers API of its platform: none',
    'the referrers tag of its platform: 1',
  ]);
});
