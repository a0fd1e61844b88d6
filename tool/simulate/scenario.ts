import type { Behaviour, Start } from '../../engine/simulated/behaviour.ts';
import type { Random } from './random.ts';

/** How a service of a simulated world is delivered: the same for all of its versions. */
export interface SimulatedService {
  readonly name: string;
  readonly role: string;
  readonly replicas: number;
  readonly order: 'start-first' | 'stop-first';
  readonly parallelism: number;
  readonly needs: readonly string[];
}

/** What the seed makes of the world before anything happens in it. */
export interface Scenario {
  readonly clusters: readonly string[];
  readonly services: readonly SimulatedService[];
  readonly onFailure: 'roll-back' | 'leave';
  readonly waiting: 'queue' | 'supersede';
  readonly startsAtOnce: number;
  /** Whether two servers share one store; else one server has it alone. */
  readonly isShared: boolean;
  /** Of requests to an engine, while chaos reigns: the share that meets with trouble. */
  readonly troubled: number;
}

/** How the images of a version behave; part of the version's name. */
export const qualities = ['good', 'crash', 'sick', 'missing', 'late', 'flaky'] as const;
export type Quality = (typeof qualities)[number];

/** How long all tasks have to stay healthy before a step is verified, in ms. */
export const monitorMs = 1_000;

/** How long a step may take, in ms of observed time. */
export const deadlineMs = 12_000;

/** How long an engine may stay silent, in ms. */
export const blindBudgetMs = 15_000;

export const environment = 'prod';

export function makeScenario(random: Random): Scenario {
  const clusters = random.chance(0.35) ? ['be', 'fe'] : ['fe'];
  const names = ['cart', 'catalog', 'payment'].slice(0, random.between(1, 3));
  const services = names.map((name, index): SimulatedService => ({
    name,
    role: clusters.length === 1 || random.chance(0.5) ? 'front' : 'back',
    replicas: random.between(1, 3),
    order: random.pick(['start-first', 'stop-first']),
    parallelism: random.between(1, 2),
    needs: index > 0 && random.chance(0.4) ? [names[0] ?? name] : [],
  }));
  return {
    clusters,
    services,
    onFailure: random.chance(0.8) ? 'roll-back' : 'leave',
    waiting: random.pick(['queue', 'supersede']),
    startsAtOnce: random.pick([1, 2, 20]),
    isShared: random.chance(0.5),
    troubled: random.pick([0, 0.02, 0.1]),
  };
}

export function platformText(scenario: Scenario): string {
  const limits = `limits: { startsAtOnce: ${scenario.startsAtOnce} }`;
  const clusters = scenario.clusters.map((name) => {
    const roles = scenario.clusters.length === 1 ? '[front, back]' : name === 'fe' ? '[front]' : '[back]';
    return `  ${name}: { engine: simulated, roles: ${roles}, ${limits} }`;
  });
  return [
    'apiVersion: drayage/v1',
    'kind: Platform',
    'clusters:',
    ...clusters,
    'environments:',
    `  ${environment}:`,
    `    clusters: [${scenario.clusters.join(', ')}]`,
    `    onFailure: ${scenario.onFailure}`,
    `    waiting: ${scenario.waiting}`,
    ...(scenario.clusters.length === 2 ? ['    waves: [[be], [fe]]'] : []),
    '',
  ].join('\n');
}

/** The definition of one version; what its images do stands in their tag. */
export function composeText(service: SimulatedService, version: string): string {
  const { name, replicas, order, parallelism, role, needs } = service;
  const update = `order: ${order}, parallelism: ${parallelism}, monitor: ${monitorMs}ms`;
  return [
    'services:',
    `  ${name}:`,
    `    image: registry.test/${name}:${version}`,
    '    deploy:',
    `      replicas: ${replicas}`,
    `      update_config: { ${update} }`,
    '      restart_policy: { condition: any, delay: 500ms }',
    'x-drayage:',
    `  role: ${role}`,
    `  deadline: ${deadlineMs}ms`,
    ...(needs.length === 0 ? [] : [`  needs: [${needs.join(', ')}]`]),
    '',
  ].join('\n');
}

/** What an image does at a start; its tag says it. */
export function behaviourOf(image: string, start: Start): Behaviour {
  const quality = qualities.find((it) => image.includes(`-${it}`)) ?? 'good';
  const crash = { kind: 'crashes', exitCode: 1, lines: ['it crashes'] } as const;
  switch (quality) {
    case 'crash':
      return { ...crash, afterMs: 400 };
    case 'sick':
      return { kind: 'never-healthy', afterMs: 1_000 };
    case 'missing':
      return { kind: 'unpullable' };
    case 'late':
      return { ...crash, afterMs: 30_000 };
    case 'flaky':
      return start.attempt % 3 === 1 ? { ...crash, afterMs: 300 } : { kind: 'healthy', afterMs: 300 };
    case 'good':
      return { kind: 'healthy', afterMs: 300 };
  }
}
