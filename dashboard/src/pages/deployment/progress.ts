import type { ResponseOf } from '../../api/address.ts';
import { deploymentWords } from '../../ui/meaning.ts';

export type Deployment = ResponseOf<'getDeployment'>;
export type DeployedStep = Deployment['waves'][number][number];

/** How far a wave is. */
export interface WaveProgress {
  readonly steps: number;
  readonly verified: number;
  readonly underWay: number;
  readonly failed: number;
  readonly wentBack: number;
  readonly unknown: number;
}

/** Counts a wave's steps by what matters to somebody who watches. */
export function waveProgress(wave: readonly DeployedStep[], unknown: ReadonlySet<string>): WaveProgress {
  const clear = wave.filter((step) => !isUnclear(step, unknown));
  const count = (...states: readonly DeployedStep['state'][]) =>
    clear.filter((step) => states.includes(step.state)).length;
  return {
    steps: wave.length,
    verified: count('verified'),
    underWay: count('started', 'reverting'),
    failed: count('failed', 'revert-failed'),
    wentBack: count('reverted'),
    unknown: wave.length - clear.length,
  };
}

/** Whether it is not known what runs, without a failure that says so already. */
export function isUnclear({ id, state }: DeployedStep, unknown: ReadonlySet<string>): boolean {
  return unknown.has(id) && state !== 'failed';
}

/** The wave's progress as one line: `3 of 5 verified, 1 under way`. */
export function waveText(progress: WaveProgress): string {
  const { steps, verified, underWay, failed, wentBack, unknown } = progress;
  const parts = [
    `${verified} of ${steps} verified`,
    ...(underWay > 0 ? [`${underWay} under way`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(wentBack > 0 ? [`${wentBack} went back`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  return parts.join(', ');
}

/** A wave with more steps than this is shown in short. */
export const stepsShownMost = 40;

/** Rows of a wave shown in short, until it is done: always as many, so that nothing below them moves. */
const rowsUnderWay = 24;

interface ShownBy {
  readonly open: ReadonlySet<string>;
  readonly unknown: ReadonlySet<string>;
  /** Whether the deployment has ended: nothing is next any more. */
  readonly hasEnded: boolean;
}

/**
 * Which steps of a wave to show in short: those that are open and those that went wrong or move; until the wave is done
 * also those that are next, then those just done, up to a fixed number. In the wave's order.
 */
export function shownSteps(
  wave: readonly DeployedStep[],
  { open, unknown, hasEnded }: ShownBy,
): readonly DeployedStep[] {
  if (wave.length <= stepsShownMost) return wave;
  const isTelling = ({ id, state }: DeployedStep) => (state !== 'waiting' && state !== 'verified') || unknown.has(id);
  const telling = wave.filter(isTelling).slice(0, stepsShownMost);
  const goesOn = !hasEnded && wave.some(({ state }) => state !== 'verified');
  const next = wave.filter(({ state }) => state === 'waiting');
  const done = wave.filter(({ state }) => state === 'verified').toReversed();
  const goesBack = wave.some(({ state }) => state.startsWith('revert'));
  const filling = goesOn
    ? [...(goesBack ? [] : next), ...done].slice(0, Math.max(0, rowsUnderWay - telling.length))
    : [];
  const chosen = new Set([...telling, ...filling]);
  return wave.filter((step) => chosen.has(step) || open.has(step.id));
}

/**
 * The rows for the steps to show, each where it was before: what is no longer shown gives its row to what is new, so that
 * no other row moves. Returns `before` itself when nothing changed.
 */
export function keptRows(before: readonly string[], shown: readonly DeployedStep[]): readonly string[] {
  const ids = new Set(shown.map(({ id }) => id));
  const old = new Set(before);
  const fresh = [...ids].filter((id) => !old.has(id)).values();
  const rows = before.flatMap((id) => (ids.has(id) ? [id] : (fresh.next().value ?? [])));
  const all = [...rows, ...fresh];
  return all.length === before.length && all.every((id, index) => id === before[index]) ? before : all;
}

/** What a deployment does now or how it ended, as `deploymentWords`, with what only its steps tell. */
export function deploymentNow(deployment: Deployment): ReturnType<typeof deploymentWords> {
  const words = deploymentWords(deployment);
  if (deployment.outcome !== null || !deployment.reverting) return words;
  const goesBack = deployment.waves.flat().some(({ state }) => state.startsWith('revert'));
  return goesBack ? words : { meaning: 'warn', word: 'stopping' };
}

/** What ran of a service when a deployment had ended. */
export interface Left {
  readonly service: string;
  /** Its release; null when it was gone. Several when its components differ; none when it is not known. */
  readonly releases: readonly (string | null)[];
}

/** What ran of each service of an ended deployment, by what became of its steps. */
export function leftBehind({ waves, unknown }: Pick<Deployment, 'waves' | 'unknown'>): readonly Left[] {
  const isUnknown = new Set(unknown);
  const services = new Map<string, Set<string | null> | null>();
  for (const step of waves.flat()) {
    const { service } = step.spot;
    const before = services.get(service);
    const release = isUnknown.has(step.id) ? undefined : releaseAfter(step);
    if (before === null || release === undefined) services.set(service, null);
    else services.set(service, (before ?? new Set()).add(release));
  }
  return [...services].map(([service, releases]) => ({ service, releases: [...(releases ?? [])] }));
}

/** The release that a step left; undefined when that is not known. */
function releaseAfter({ state, fromRelease, toRelease }: DeployedStep): string | null | undefined {
  if (state === 'verified') return toRelease;
  return state === 'waiting' || state === 'reverted' ? fromRelease : undefined;
}
