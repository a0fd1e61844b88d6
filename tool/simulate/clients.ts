import type { Actor } from '../../app/api.ts';
import type { DeployInput } from '../../app/deploy.ts';
import { everywhere } from '../../core/access.ts';
import { createInsist, signalNever, type AskingParts } from './asking.ts';
import type { ServerProcess } from './fleet.ts';
import type { Random } from './random.ts';
import { composeText, environment, type Quality, type Scenario } from './scenario.ts';

export interface ClientParts extends AskingParts {
  readonly scenario: Scenario;
  /** Hears of each receipt that somebody was given. */
  readonly onReceipt: (sequence: number, receipt: string) => void;
}

/** People and pipelines that ask the control plane for things, and ask again when no answer comes. */
export interface Clients {
  /** Brings everything into the environment for the first time. */
  install(): Promise<void>;
  /** Does a few things, one after the other, and beside whatever other clients do. */
  work(name: string, tasks: number): Promise<void>;
  /** Brings a new version of everything that is sure to work; the deployment's id, null when there is none. */
  deployAnew(who: string): Promise<string | null>;
}

/** What is asked for by name, each until there is an answer. */
interface Orders {
  /** Registers the next version of a service; null when it was refused. */
  readonly release: (who: string, service: string, quality: Quality) => Promise<string | null>;
  /** Deploys; the deployment's id, null when there is none. */
  readonly deploy: (
    who: string,
    what: string,
    wanted: Pick<DeployInput, 'wanted' | 'allowRemove'>,
  ) => Promise<string | null>;
  readonly cancel: (who: string, id: string) => Promise<void>;
  readonly rotateKey: (who: string) => Promise<void>;
  /** The number of a service's newest version. */
  readonly newest: (service: string) => number;
}

function createOrders(parts: ClientParts): Orders {
  const { scenario, random, trace } = parts;
  const insist = createInsist(parts);
  const versions = new Map<string, number>();
  let keys = 0;

  async function release(who: string, service: string, quality: Quality): Promise<string | null> {
    const definition = scenario.services.find(({ name }) => name === service);
    if (definition === undefined) return null;
    const number = (versions.get(service) ?? 0) + 1;
    versions.set(service, number);
    const version = `${number}-${quality}`;
    const made = await insist(
      who,
      `release ${service} ${version}`,
      async (process, at) =>
        await process.running?.release(actorOf(who), service, version, composeText(definition, version), at),
    );
    return made === null ? null : version;
  }

  async function deploy(who: string, what: string, wanted: Pick<DeployInput, 'wanted' | 'allowRemove'>) {
    keys += 1;
    const input: DeployInput = {
      ...wanted,
      allowOlder: true,
      expectPlan: null,
      idempotencyKey: random.chance(0.8) ? `key-${keys}` : null,
    };
    const ask = async (process: ServerProcess, at: AbortSignal) => {
      const answer = await process.running?.deploy(actorOf(who), input, at);
      if (answer === undefined || answer.kind === 'nothing-to-do') return answer;
      const { sequence } = answer.receipt;
      const receipt = await process.running?.receipt(sequence, at);
      trace.count(typeof receipt === 'string' ? 'receipt given' : 'receipt not yet there');
      if (typeof receipt === 'string') parts.onReceipt(sequence, receipt);
      return answer;
    };
    const asking = insist(who, what, ask);
    // The same request may come twice at the same time, as from a pipeline that was started twice.
    const again = random.chance(0.2) ? insist(who, `${what} (again)`, ask) : null;
    const [answer, other] = await Promise.all([asking, again]);
    const ids = [answer, other].flatMap((it) => (it?.kind === 'accepted' || it?.kind === 'joined' ? [it] : []));
    for (const { kind, deployment } of ids) trace.add(who, `${what}: ${kind} ${deployment}`);
    const [first, second] = ids;
    if (
      first !== undefined &&
      second !== undefined &&
      first.deployment !== second.deployment &&
      input.idempotencyKey !== null
    )
      parts.findings.violated('one request is one deployment', `${first.deployment} and ${second.deployment}`);
    if (first !== undefined) trace.count(`deploy ${first.kind}`);
    return first?.deployment ?? null;
  }

  async function cancel(who: string, id: string): Promise<void> {
    const leave = random.chance(0.3);
    await insist(
      who,
      `cancel ${id}${leave ? ' --leave' : ''}`,
      async (process, at) => await process.running?.cancel(actorOf(who), id, leave, at),
    );
  }
  async function rotateKey(who: string): Promise<void> {
    const done = await insist(
      who,
      'rotate the key',
      async ({ running }, at) => await running?.rotateKey(actorOf(who), at),
    );
    if (done !== null && done !== undefined) trace.count('client rotate key');
  }
  return { release, deploy, cancel, rotateKey, newest: (service) => versions.get(service) ?? 1 };
}

export function createClients(parts: ClientParts): Clients {
  const { scenario, clock, random, trace } = parts;
  const { release, deploy, cancel, rotateKey, newest } = createOrders(parts);

  async function deployVersions(who: string): Promise<string | null> {
    const set: Record<string, string> = {};
    const chosen = scenario.services.filter(() => random.chance(0.6));
    for (const { name } of chosen.length === 0 ? scenario.services.slice(0, 1) : chosen) {
      const version = await release(who, name, someQuality(random));
      if (version !== null) set[name] = version;
    }
    if (Object.keys(set).length === 0) return null;
    const told = Object.entries(set).map(([service, version]) => `${service}=${version}`);
    return await deploy(who, `deploy ${told.join(' ')}`, {
      wanted: { kind: 'change', environment, set },
      allowRemove: [],
    });
  }

  /** A document that leaves one service out, and gives the others replicas of their own. */
  async function deployDocument(who: string): Promise<string | null> {
    const lines: string[] = [];
    const gone = scenario.services.length > 1 ? random.pick(asChoices(scenario.services)).name : null;
    for (const { name } of scenario.services) {
      if (name === gone && random.chance(0.7)) continue;
      const version = random.chance(0.3) ? await release(who, name, 'good') : `${newest(name)}-good`;
      lines.push(`  ${name}: { version: '${version ?? '1-good'}', replicas: ${random.between(1, 3)} }`);
    }
    const text = `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${environment}\nservices:\n${lines.join('\n')}\n`;
    const document = { name: 'prod.yaml', text };
    const allowRemove = scenario.services.map(({ name }) => name);
    return await deploy(who, 'deploy a document', { wanted: { kind: 'document', document, base: null }, allowRemove });
  }

  async function task(who: string): Promise<void> {
    const kind = random.pick(['deploy', 'deploy', 'deploy', 'document', 'rollback']);
    const id =
      kind === 'deploy'
        ? await deployVersions(who)
        : kind === 'document'
          ? await deployDocument(who)
          : await deploy(who, 'roll back', { wanted: { kind: 'rollback', environment, to: null }, allowRemove: [] });
    trace.count(`client ${kind}`);
    if (id === null || !random.chance(0.25)) return;
    await clock.sleep(random.between(0, 6_000), signalNever);
    await cancel(who, id);
    trace.count('client cancel');
  }
  async function deployAnew(who: string): Promise<string | null> {
    const set: Record<string, string> = {};
    for (const { name } of scenario.services) {
      const version = await release(who, name, 'good');
      if (version !== null) set[name] = version;
    }
    if (Object.keys(set).length === 0) return null;
    return await deploy(who, 'install', { wanted: { kind: 'change', environment, set }, allowRemove: [] });
  }
  return {
    deployAnew,
    async install() {
      await deployAnew('installer');
    },
    async work(name, tasks) {
      for (let count = 0; count < tasks; count += 1) {
        await clock.sleep(random.between(0, 5_000), signalNever);
        await task(name);
        if (random.chance(0.15)) await rotateKey(name);
      }
    },
  };
}

function someQuality(random: Random): Quality {
  return random.pick(['good', 'good', 'good', 'good', 'crash', 'sick', 'missing', 'late', 'flaky']);
}

function asChoices<T>(list: readonly T[]): readonly [T, ...T[]] {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('there is nothing to choose from');
  return [first, ...rest];
}

function actorOf(name: string): Actor {
  return { id: `t-${name}`, name, role: 'admin', scope: everywhere, session: null, expiresAt: null };
}
