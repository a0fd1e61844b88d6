import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { takeSimulated } from './simulated.ts';
import { takeShop } from './shop.ts';
import { openStudio } from './studio.ts';

const usage = `node tool/screenshots/main.ts [--only shop|simulated]

Makes the pictures in docs/pictures anew: of the shop on a private Docker Swarm, and of a large installation on simulated
clusters. Needs what bin/setup --engine --browser installs, and a built dashboard.
`;

const limitMs = 600_000;
const root = join(import.meta.dirname, '..', '..');

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) return void process.stdout.write(usage);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => ending.abort(new Error(`ended by ${name}`)));
  const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(limitMs)]);
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const pictures = join(root, 'docs', 'pictures');
  const state = join(root, '.drayage', 'screenshots');
  await mkdir(pictures, { recursive: true });
  await mkdir(state, { recursive: true });
  const studio = await openStudio(pictures, tell);
  try {
    if (values.only !== 'simulated') await takeShop({ studio, state, tell, signal });
    if (values.only !== 'shop') await takeSimulated({ studio, tell, signal });
  } finally {
    await studio.close();
    await rm(state, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
