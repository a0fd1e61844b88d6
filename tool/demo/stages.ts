import { join } from 'node:path';
import { exitCode } from '../../cli/exit-code.ts';
import { elapsed } from '../../cli/time.ts';
import { createClient } from '../../client/client.ts';
import { Fault } from '../../core/fault.ts';
import { unreachable } from '../../core/unreachable.ts';
import { canary } from '../../test/support/canary.ts';
import { bomFieldNames } from '../../core/bom/lines.ts';
import { beginBuild, type BuildRecord } from './build-record.ts';
import { startDockerGround } from './docker-ground.ts';
import { createDray, root, type RunDray } from './dray.ts';
import type { Building, Demo, EnvironmentName, Ground } from './ground.ts';
import type { GroundKind } from './options.ts';
import { startPrivateGround } from './private-ground.ts';
import { requireFreePort, startServer, type DemoServer } from './server.ts';
import {
  badRelease,
  betterRelease,
  cartSecret,
  goodReleases,
  readFrontPage,
  requireMetrics,
  type ShopRelease,
} from './shop.ts';
import { startSimulatedGround } from './simulated-ground.ts';
import { keepToken, recallInstallation, rememberInstallation, renewData, shorten, takeState } from './state.ts';
import { writePlatform } from './state.ts';

/** How many stages `show` has; `bin/demo` knows it too. */
export const stageCounts: { readonly [kind in GroundKind]: number } = { private: 10, docker: 10, simulated: 8 };

/** What runs once the server does. */
interface Stand extends Ground {
  readonly record: BuildRecord;
  readonly server: DemoServer;
  readonly tokenFile: string;
  readonly dray: RunDray;
}

/**
 * Shows all of it, and without `once` waits for Ctrl-C. Throws what keeps a stage from doing what it should, and the
 * signal's reason while a stage is under way.
 */
export async function show(demo: Demo): Promise<void> {
  const stand = await prepare(demo);
  await release(demo, stand);
  await deploy(demo, stand, 'dev', 'all three, in waves: each is verified before the next');
  const promoted = 'the very same releases, by digest';
  const { be } = stand.platform.clusters;
  await deploy(demo, stand, 'prod', be === undefined ? promoted : `${promoted}, over both clusters: be, then fe`);
  const failed = await breakAndRollBack(demo, stand);
  await verify(demo, stand);
  const { narrator, options, signal } = demo;
  narrator.say('');
  narrator.say(narrator.style.green(`All stages did what they should, in ${elapsed(Date.now() - options.beganMs)}.`));
  if (options.once) return;
  await propose(demo, stand, failed);
  await untilInterrupted(stand.server, signal);
}

async function prepare(demo: Demo): Promise<Stand> {
  const { narrator, options, signal, onEnd } = demo;
  const { state, port, beganMs } = options;
  await narrator.stage({ name: 'packages', about: '', beganMs, work: async () => {}, result: () => 'in place' });
  onEnd(null, await takeState(state));
  await requireFreePort(port, 'the server needs it');
  const record = await beginBuild(options, signal);
  const ground = await startGround({ ...demo, record });
  let installation = await recallInstallation(state);
  const clear = async () => {
    if (ground.clear === null || installation === null) return;
    await ground.clear(installation);
    await rememberInstallation(state, null);
  };
  await clear();
  onEnd(ground.clear === null ? null : 'services', clear);
  const server = await narrator.stage({
    name: 'server',
    about: `bin/dray serve on 127.0.0.1:${port}, with an empty ledger`,
    work: async () => {
      const platform = await writePlatform(state, withRequirements(ground, record));
      const logFile = join(state, 'server.log');
      const started = await startServer({ platform, data: await renewData(state), port, logFile, signal });
      onEnd('server', () => started.stop());
      ({ installation } = await createClient(started).call('doctor', { signal }));
      if (ground.clear !== null) await rememberInstallation(state, installation);
      narrator.say(`watch it in a browser; the link signs in once: ${narrator.style.bold(started.signInUrl)}`);
      return { ...started, tokenFile: await keepToken(state, started.token) };
    },
    result: ({ url, tokenFile }) => `${url}; its first token is in ${shorten(tokenFile)}`,
  });
  const dray = createDray(narrator, server, record.variables, signal);
  return { ...ground, record, server, tokenFile: server.tokenFile, dray };
}

/** What this checkout can answer has to be answered before anything comes to prod. */
function withRequirements({ platform, sboms }: Ground, { untold }: BuildRecord): Ground['platform'] {
  const bom = bomFieldNames.filter((field) => !untold.has(field));
  const requires = { bom, ...(sboms === null ? {} : { sbom: true }) };
  const { prod, ...others } = platform.environments;
  return { ...platform, environments: { ...others, prod: { ...prod, requires } } };
}

async function startGround(demo: Building): Promise<Ground> {
  const { ground } = demo.options;
  switch (ground) {
    case 'private':
      return await startPrivateGround(demo);
    case 'docker':
      return await startDockerGround(demo);
    case 'simulated':
      return await startSimulatedGround(demo);
    default:
      return unreachable(ground);
  }
}

async function release({ narrator, signal }: Demo, stand: Stand): Promise<void> {
  const { untold, logFile } = stand.record;
  await narrator.stage({
    name: 'release',
    about: 'each service in one version, images by digest, with all that is known of where they come from, for ever',
    work: async () => {
      for (const [field, why] of untold) narrator.say(`this checkout does not tell ${field}: ${why}`);
      for (const each of goodReleases) await register(stand, each);
      await stand.dray(['show', 'cart@1.0.0']);
      return await requireAnswers(stand, signal);
    },
    result: (answers) =>
      `${goodReleases.map(({ service, version }) => `${service} ${version}`).join(', ')}: ${answers} answers each, ${
        untold.size === 0 ? 'none missing' : `all but ${[...untold.keys()].join(', ')}`
      }; the log of the build is ${shorten(logFile)}`,
  });
}

/** Registers a release, and hands in what its image holds. */
async function register(stand: Stand, of: ShopRelease): Promise<void> {
  await stand.dray(releaseArguments(of, stand));
  const name = `${of.service}@${of.version}`;
  const sbom = stand.sboms?.get(name);
  if (sbom !== undefined) await stand.dray(['attach', name, shorten(sbom)]);
}

/** How many answers each good release gives. Throws `local.failed` when one is missing that this checkout can give. */
async function requireAnswers({ server, record }: Stand, signal: AbortSignal): Promise<number> {
  const client = createClient(server);
  let answers = 0;
  for (const { service, version } of goodReleases) {
    const { bom } = await client.call('getRelease', { params: { service, version }, signal });
    const missing = bom.flatMap(({ field, answer }) =>
      answer.kind === 'known' || record.untold.has(field) ? [] : [`${field} (${answer.why})`],
    );
    if (missing.length > 0)
      throw new Fault('local.failed', `${service}@${version} should answer all, but: ${missing.join('; ')}.`);
    answers = bom.filter(({ answer }) => answer.kind === 'known').length;
  }
  return answers;
}

async function deploy(demo: Demo, stand: Stand, environment: EnvironmentName, about: string): Promise<void> {
  const { narrator } = demo;
  const { dray, specs, storefronts } = stand;
  await narrator.stage({
    name: environment,
    about,
    work: async () => {
      // A value of the environment's own, which nobody is shown. Tests look for it everywhere.
      await dray(['secret', 'set', environment, cartSecret], { stdin: canary(environment) });
      await dray(['deploy', specs[environment], '--yes']);
      if (storefronts === null) await dray(['status', environment]);
      else await showStorefront(demo, storefronts[environment]);
      if (environment === 'prod') await refuseUntold(demo, stand);
    },
    result: () =>
      storefronts === null
        ? 'all healthy, as far as a simulation goes'
        : 'the storefront answers, and reaches catalog and cart by their names',
  });
}

async function showStorefront({ narrator, signal }: Demo, url: string): Promise<void> {
  const page = await readFrontPage(url, signal);
  narrator.say(narrator.style.cyan(`$ curl ${url}`));
  for (const line of page.split('\n')) narrator.say(`  ${line}`);
  await requireMetrics(url);
}

/** A release that tells nothing of how it was built comes to dev; prod refuses it. */
async function refuseUntold({ narrator }: Demo, stand: Stand): Promise<void> {
  const [, cart] = goodReleases;
  if (cart === undefined) return;
  narrator.say('prod takes only what tells all of this: a cart of which nobody says how it was built is refused');
  await stand.dray([...releaseArguments({ ...cart, version: '1.0.0-untold' }, stand), '--no-collect']);
  await stand.dray(['plan', 'prod', '--set', 'cart=1.0.0-untold'], { code: exitCode.refused });
}

/** Returns the id of the deployment that was rolled back. */
async function breakAndRollBack(demo: Demo, stand: Stand): Promise<string> {
  const { narrator, signal } = demo;
  const set = [betterRelease, badRelease].flatMap(({ service, version }) => ['--set', `${service}=${version}`]);
  return await narrator.stage({
    name: 'break',
    about: `a good ${betterRelease.service} and, after it, a ${badRelease.service} that cannot start: back to before, both of them`,
    work: async () => {
      for (const each of [betterRelease, badRelease]) await register(stand, each);
      await stand.dray(['deploy', 'prod', ...set, '--yes'], { code: exitCode.rolledBack });
      const id = await findRollback(stand, signal);
      if (stand.storefronts === null) await stand.dray(['status', 'prod']);
      else await readFrontPage(stand.storefronts.prod, signal);
      return id;
    },
    result: () =>
      `rolled back with its cause (exit code 4); ${stand.storefronts === null ? 'what ran before runs again' : 'the storefront shows catalog 1.0.0 again'}`,
  });
}

async function verify({ narrator }: Demo, { dray }: Stand): Promise<void> {
  await narrator.stage({
    name: 'ledger',
    about: 'the record of all this, one hash chain',
    work: async () => await dray(['ledger', 'verify']),
    result: () => 'verified',
  });
}

function releaseArguments({ service, version, folder, files }: ShopRelease, { registryHost }: Ground) {
  const compose = files.flatMap((file) => ['-f', `${folder}/${file}`]);
  return ['release', service, version, ...compose, '--var', `REGISTRY=${registryHost}`];
}

/** The newest deployment: all of it must be rolled back for the reason that was built in, told with code and log line. */
async function findRollback({ server, lastWords }: Stand, signal: AbortSignal): Promise<string> {
  const client = createClient({ url: server.url, token: server.token });
  const { items } = await client.call('listDeployments', { query: { environment: 'prod', limit: 1 }, signal });
  const id = items[0]?.id ?? '';
  const { outcome, cause, waves } = await client.call('getDeployment', { params: { deployment: id }, signal });
  const isExplained = cause?.exitCode === 1 && cause.logs?.some(({ text }) => text.includes(lastWords));
  const states = waves.flat().map((step) => `${step.id} ${step.state}`);
  const isWhole = states.length === 2 && states.every((state) => state.endsWith(' reverted'));
  if (outcome === 'rolled-back' && isExplained === true && isWhole) return id;
  const told = JSON.stringify({ outcome, states, cause });
  throw new Fault('local.failed', `Both steps of ${id} should be rolled back because ${lastWords}, but: ${told}`);
}

async function propose({ narrator, options, signal }: Demo, stand: Stand, failed: string): Promise<void> {
  const { server, storefronts, tokenFile } = stand;
  const { style } = narrator;
  const link = await createClient(server).call('createSignInLink', { signal });
  const logs = [
    'bin/dray logs prod catalog -f',
    `what it logs; then, elsewhere: curl ${storefronts?.prod ?? ''}`,
  ] as const;
  const tries = [
    ['bin/dray status', 'what runs where, and how it is doing'],
    [`bin/dray show ${failed}`, 'why the two new releases were rolled back'],
    storefronts === null ? (['bin/dray releases', 'what can be deployed'] as const) : logs,
  ] as const;
  const width = Math.max(...tries.map(([command]) => command.length)) + 2;
  const shop =
    storefronts === null
      ? 'The shop is simulated: nothing of it runs.'
      : `The shop runs at ${style.bold(storefronts.dev)} (dev) and ${style.bold(storefronts.prod)} (prod), addresses of this machine.`;
  const lines = [
    '',
    shop,
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
