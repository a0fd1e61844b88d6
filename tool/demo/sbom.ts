import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from '../../core/hash.ts';
import type { PushedBase, PushedImage } from '../../local/images.ts';
import { root } from './dray.ts';
import type { BuiltShop, ShopRelease } from './shop.ts';

/** Writes an SBOM of each image. Returns their files, by `service@version`. */
export async function writeSboms(state: string, { base, images }: BuiltShop): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [release, image] of images)
    files.set(`${release.service}@${release.version}`, await writeSbom(state, release, image, base));
  return files;
}

/**
 * Writes what is in an image of the shop, as CycloneDX 1.6: busybox and the scripts that its Dockerfile copies; there is
 * nothing else in it. Returns the file.
 */
async function writeSbom(
  state: string,
  { service, version, folder }: ShopRelease,
  image: PushedImage,
  base: PushedBase,
): Promise<string> {
  const directory = join(state, 'sbom');
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${service}-${version}.cdx.json`);
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'bin/demo' }] },
      component: { type: 'container', name: image.reference.replace(/@.*/, ''), version: image.digest },
    },
    components: [
      { type: 'container', name: base.reference.replace(/@.*/, ''), version: base.digest },
      base.isMade ? await busybox() : { type: 'application', name: 'busybox' },
      ...(await scriptsOf(join(root, folder))),
    ],
  };
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  return file;
}

/** This machine's own, of which the base image was made. */
async function busybox() {
  const { stdout } = await promisify(execFile)('/bin/busybox', ['--help'], { timeout: 5_000 });
  const [, version] = /^BusyBox v(\S+)/.exec(stdout) ?? [];
  const hashes = [{ alg: 'SHA-256', content: sha256(await readFile('/bin/busybox')) }];
  const known = version === undefined ? {} : { version, purl: `pkg:generic/busybox@${version}` };
  return { type: 'application', name: 'busybox', ...known, hashes };
}

async function scriptsOf(folder: string) {
  const [, names = ''] = /^COPY (.+) \S+$/m.exec(await readFile(join(folder, 'Dockerfile'), 'utf8')) ?? [];
  return await Promise.all(
    names.split(' ').map(async (name) => {
      const content = sha256(await readFile(join(folder, name)));
      return { type: 'file', name: `/app/${name}`, hashes: [{ alg: 'SHA-256', content }] };
    }),
  );
}
