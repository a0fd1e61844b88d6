import { join, relative } from 'node:path';
import { z } from 'zod';
import { exitCode } from '../../cli/exit-code.ts';
import { UsageError } from '../../cli/failure.ts';
import { elapsed } from '../../cli/time.ts';
import { createClient } from '../../client/client.ts';
import { Fault, isFault } from '../../core/fault.ts';
import { startPrivateEngine } from '../../local/docker-engine.ts';
import type { PrivateEngine } from '../../local/docker-engine.ts';
import { takeDirectory } from '../../local/engine-directory.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { createDray, root } from './dray.ts';
import type { RunDray } from './dray.ts';
import type { Narrator } from './narrator.ts';
import type { DemoOptions } from './options.ts';
import { requireFreePort, startServer } from './server.ts';
import type { DemoServer } from './server.ts';
import { badRelease, buildShop, goodReleases, keepToken, readFrontPage, renewData, writePlatform } from './shop.ts';
import type { ShopRelease } from './shop.ts';

/** How many stages `show` has. */
export const stageCount = 9;

/** Everything that a stage works with. */
export interface Demo {
  readonly options: DemoOptions;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
  /** Notes how to stop what was started; the last one is stopped first. What has no name is not told of. */
  readonly onEnd: (name: string | null, stop: () => Promise<void>) => void;
}

/** What runs after the fifth stage. */
interface Ground {
  readonly registryHost: string;
  readonly storefront: string;
  readonly server: DemoServer;
  readonly tokenFile: string;
  readonly dray: RunDray;
}

const engineVersion = z.object({ Version: z.string() });

/**
 * Shows all of it, and without `once` waits for Ctrl-C. Throws what keeps a stage from doing what it should, and the
 * signal's reason while a stage is under way.
 */
export async function show(demo: Demo): Promise<void> {
  const ground = await prepare(demo);
  await release(demo, ground);
  await deploy(demo, ground);
  const failed = await breakAndRollBack(demo, ground);
  await verify(demo, ground);
  const { narrator, options, signal } = demo;
  narrator.say('');
  narrator.say(narrator.style.green(`All stages did what they should, in ${elapsed(Date.now() - options.beganMs)}.`));
  if (options.once) return;
  await propose(demo, ground, failed);
  await untilInterrupted(ground.server, signal);
}

async function prepare(demo: Demo): Promise<Ground> {
  const { narrator, options, signal, onEnd } = demo;
  const { state, port, beganMs } = options;
  const say = (line: string) => narrator.say(line);
  await narrator.stage({
    name: 'packages',
    about: '',
    beganMs,
    work: async () => {},
    result: () => 'in place',
  });
  onEnd(null, await takeState(state));
  await requireFreePort(port);
  const engine = await narrator.stage({
    name: 'engine',
    about: 'a private Docker Engine, as a swarm of one node',
    work: async () => {
      const started = await startPrivateEngine({
        directory: join(state, 'engine'),
        fresh: true,
        signal,
        onProgress: say,
      });
      onEnd('engine', () => started.stop());
      return { ...started, version: await readVersion(started, signal) };
    },
    result: ({ version, address }) => `Docker ${version} at ${address}, which only this machine reaches`,
  });
  const registry = await narrator.stage({
    name: 'registry',
    about: 'a private image registry beside it',
    work: async () => {
      const started = await startPrivateRegistry({ directory: join(state, 'registry'), engine, signal });
      onEnd('registry', () => started.stop());
      return started;
    },
    result: ({ host }) => host,
  });
  await narrator.stage({
    name: 'build',
    about: 'the images of examples/shop, pushed to the registry',
    work: async () => await buildShop({ engine, registry, say, signal }),
    result: () => 'three good ones and a bad one',
  });
  const server = await narrator.stage({
    name: 'server',
    about: `bin/dray serve on 127.0.0.1:${port}, with an empty ledger`,
    work: async () => {
      const platform = await writePlatform(state, engine, registry);
      const logFile = join(state, 'server.log');
      const started = await startServer({ platform, data: await renewData(state), port, logFile, signal });
      onEnd('server', () => started.stop());
      say(`watch it in a browser; the link signs in once: ${narrator.style.bold(started.signInUrl)}`);
      return { ...started, tokenFile: await keepToken(state, started.token) };
    },
    result: ({ url, tokenFile }) => `${url}; its first token is in ${shorten(tokenFile)}`,
  });
  return {
    registryHost: registry.host,
    storefront: `http://${engine.address}:8080/`,
    server,
    tokenFile: server.tokenFile,
    dray: createDray(narrator, server, signal),
  };
}

async function release({ narrator }: Demo, ground: Ground): Promise<void> {
  await narrator.stage({
    name: 'release',
    about: 'each service in one version, images by digest, for ever',
    work: async () => {
      for (const each of goodReleases) await ground.dray(releaseArguments(each, ground));
    },
    result: () => goodReleases.map(({ service, version }) => `${service} ${version}`).join(', '),
  });
}

async function deploy({ narrator, signal }: Demo, { dray, storefront }: Ground): Promise<void> {
  await narrator.stage({
    name: 'deploy',
    about: 'all three to the environment dev; each wave is verified before the next',
    work: async () => {
      await dray(['deploy', 'examples/shop/dev.yaml', '--yes']);
      const page = await readFrontPage(storefront, signal);
      narrator.say(narrator.style.cyan(`$ curl ${storefront}`));
      for (const line of page.split('\n')) narrator.say(`  ${line}`);
    },
    result: () => 'the storefront answers, and reaches catalog and cart by their names',
  });
}

/** Returns the id of the deployment that was rolled back. */
async function breakAndRollBack({ narrator, signal }: Demo, ground: Ground): Promise<string> {
  const { service, version } = badRelease;
  return await narrator.stage({
    name: 'break',
    about: `${service} ${version} reads a file that it does not have: it must be rolled back`,
    work: async () => {
      await ground.dray(releaseArguments(badRelease, ground));
      await ground.dray(['deploy', 'dev', '--set', `${service}=${version}`, '--yes'], exitCode.rolledBack);
      const id = await findRollback(ground, signal);
      await readFrontPage(ground.storefront, signal);
      return id;
    },
    result: () => 'rolled back with its cause (exit code 4); the storefront still shows catalog 1.0.0',
  });
}

async function verify({ narrator }: Demo, { dray }: Ground): Promise<void> {
  await narrator.stage({
    name: 'ledger',
    about: 'the record of all this, one hash chain',
    work: async () => await dray(['ledger', 'verify']),
    result: () => 'verified',
  });
}

function releaseArguments({ service, version, folder }: ShopRelease, { registryHost }: Ground): readonly string[] {
  return ['release', service, version, '-f', `${folder}/compose.yaml`, '--var', `REGISTRY=${registryHost}`];
}

/** The newest deployment: it must be rolled back for the reason that was built in, told with code and log line. */
async function findRollback({ server }: Ground, signal: AbortSignal): Promise<string> {
  const client = createClient({ url: server.url, token: server.token });
  const { items } = await client.call('listDeployments', { query: { environment: 'dev', limit: 1 }, signal });
  const id = items[0]?.id ?? '';
  const { outcome, cause } = await client.call('getDeployment', { params: { deployment: id }, signal });
  const isExplained = cause?.exitCode === 1 && cause.logs?.some(({ text }) => text.includes('prices.csv is missing'));
  if (outcome === 'rolled-back' && isExplained === true) return id;
  const told = JSON.stringify({ outcome, cause });
  throw new Fault('local.failed', `Deployment ${id} should be rolled back for the missing prices.csv, but: ${told}`);
}

async function propose(
  { narrator, options, signal }: Demo,
  { server, storefront, tokenFile }: Ground,
  failed: string,
): Promise<void> {
  const { style } = narrator;
  const link = await createClient(server).call('createSignInLink', { signal });
  const tries = [
    ['bin/dray status dev', 'what runs, and how it is doing'],
    [`bin/dray show ${failed}`, 'why the bad release was rolled back'],
    ['bin/dray logs dev catalog -f', `what both replicas log; then, elsewhere: curl ${storefront}`],
  ] as const;
  const width = Math.max(...tries.map(([command]) => command.length)) + 2;
  const lines = [
    '',
    `The shop runs at ${style.bold(storefront)}, an address of this machine alone.`,
    `The dashboard, for one browser within 15 minutes: ${style.bold(link.url)}`,
    '',
    'Three things to try, in another terminal:',
    ...(options.from === root ? [] : [`  ${style.cyan(`cd ${root}`)}`]),
    `  ${style.cyan(`export DRAYAGE_URL=${server.url} DRAYAGE_TOKEN="$(cat ${shorten(tokenFile)})"`)}`,
    ...tries.map(([command, what]) => `  ${style.cyan(command.padEnd(width))}${style.dim(`# ${what}`)}`),
    '',
    style.bold('Ctrl-C stops everything.'),
  ];
  for (const line of lines) narrator.say(line);
}

/** Waits for Ctrl-C; throws `local.failed` when the server ends before. */
async function untilInterrupted(server: DemoServer, signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<boolean>((resolve) => {
    if (signal.aborted) resolve(true);
    signal.addEventListener('abort', () => resolve(true), { once: true });
  });
  const alive = setInterval(() => {}, 60_000);
  const isMeant = await Promise.race([interrupted, server.ended.then(() => false)]);
  clearInterval(alive);
  if (isMeant) return;
  throw new Fault('local.failed', 'The server has ended by itself.', { next: `Read its log, ${server.logFile}.` });
}

/** One demo a state folder at a time. */
async function takeState(state: string): Promise<() => Promise<void>> {
  try {
    return await takeDirectory(state);
  } catch (error) {
    if (!isFault(error)) throw error;
    const pid = /\d+/.exec(error.message)?.[0] ?? '';
    throw new UsageError(
      `A demo runs already in ${state} (process ${pid}).`,
      'Use that one, stop it with Ctrl-C, or run a second one beside it: bin/demo --port 4401 --state DIR.',
    );
  }
}

async function readVersion({ api }: PrivateEngine, signal: AbortSignal): Promise<string> {
  return engineVersion.parse(await api.ask({ method: 'GET', path: '/version', signal })).Version;
}

/** A path as seen from the checkout, where it lies below it. */
function shorten(path: string): string {
  const short = relative(root, path);
  return short.startsWith('..') ? path : short;
}
