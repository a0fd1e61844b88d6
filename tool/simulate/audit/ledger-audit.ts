import { chainStart, follow, readEvent, type ChainState, type LedgerEntry } from '../../../core/ledger.ts';
import type { DeploymentEvent, LedgerEvent } from '../../../core/event.ts';
import { stepsOf, targetBefore, type Plan } from '../../../core/plan.ts';
import { permit } from '../../../core/rollout/permit.ts';
import { isTouched, noRollout, progressOf, stepsIn, type Rollout } from '../../../core/rollout/state.ts';
import { step } from '../../../core/rollout/step.ts';
import type { AppendRequest } from '../../../port/store.ts';
import type { Reader } from '../../../store/sqlite/reader.ts';
import { createCommitAudit } from './commit-audit.ts';
import type { Findings } from './findings.ts';

/** A deployment as the entries tell of it so far. */
export interface AuditedDeployment {
  readonly id: string;
  readonly plan: Plan;
  rollout: Rollout;
  /** Entries of its stream. */
  readonly events: DeploymentEvent[];
}

/** Hears every entry once, in order, as soon as it is durable. */
export type EntryListener = (entry: LedgerEntry, event: LedgerEvent, of: AuditedDeployment | null) => void;

/** Reads along as the ledger grows, and folds it for itself. */
export interface LedgerAudit {
  /** Takes in what became durable. */
  readOn(): void;
  /** A process asks for an append; it may become durable, now or never, and only whole. */
  asked(request: AppendRequest): void;
  acknowledged(entries: readonly LedgerEntry[]): void;
  /** Deployments that have not ended. */
  unfinished(): readonly AuditedDeployment[];
  /** Reads the whole ledger again from the disk and compares. */
  finish(): void;
}

export function createLedgerAudit(reader: Reader, findings: Findings, listener: EntryListener): LedgerAudit {
  const deployments = new Map<string, AuditedDeployment>();
  const unfinished = new Set<AuditedDeployment>();
  const acknowledged = new Map<number, string>();
  const keys = new Map<string, string>();
  const commits = createCommitAudit(findings);
  /** What was last begun at each spot; null: its removal. */
  const standing = new Map<string, string | null>();
  let chain: ChainState = chainStart;

  function deploymentOf(event: LedgerEvent): AuditedDeployment | null {
    if (!('deployment' in event) || event.kind === 'deployment-queued' || event.kind === 'spec-revised') return null;
    if (event.kind === 'request-accepted' || event.kind === 'registry-password-opened') return null;
    const known = deployments.get(event.deployment);
    if (known !== undefined) return known;
    if (event.kind !== 'deployment-accepted') return null;
    const made = { id: event.deployment, plan: readPlan(reader, event.plan), rollout: noRollout, events: [] };
    deployments.set(event.deployment, made);
    unfinished.add(made);
    return made;
  }
  function check(of: AuditedDeployment, event: DeploymentEvent): void {
    if (event.kind === 'deployment-started') checkOrigin(of, standing, findings);
    // What is to be removed stands until it is verified to be gone.
    if ('target' in event && (event.target !== null || event.kind.endsWith('-verified')))
      standing.set(event.step, event.target);
    const reason = permit(of.plan, of.rollout, event);
    if (reason !== null) findings.violated('every event is legal', `${of.id}: ${event.kind}: ${reason}`);
    checkTwice(of, event, findings);
    checkWaves(of, event, findings);
    of.events.push(event);
    of.rollout = step(of.rollout, event);
    if (of.rollout.phase === 'ended') unfinished.delete(of);
  }
  function takeIn(entry: LedgerEntry): void {
    const next = follow(chain, entry);
    if ('problem' in next) return findings.violated('the ledger verifies', next.problem);
    chain = next;
    const event = readEvent(entry);
    if (event.kind === 'request-accepted') checkKey(entry.stream, event.deployment);
    const of = deploymentOf(event);
    if (of !== null) check(of, event as DeploymentEvent);
    listener(entry, event, of);
  }
  function checkKey(stream: string, deployment: string): void {
    const before = keys.get(stream);
    if (before !== undefined) findings.violated('one request is one deployment', `${stream}: ${before}, ${deployment}`);
    keys.set(stream, deployment);
  }
  return {
    readOn() {
      const entries = reader.entries(chain.sequence, 1_000);
      commits.check(entries);
      for (const entry of entries) takeIn(entry);
    },
    asked: (request) => commits.asked(request),
    acknowledged(entries) {
      for (const entry of entries) acknowledged.set(entry.sequence, JSON.stringify(entry));
    },
    unfinished: () => [...unfinished],
    finish: () => checkWhole(reader, findings, { chain, acknowledged }),
  };
}

function readPlan(reader: Reader, digest: string): Plan {
  const blob = reader.blob(digest);
  if (blob === null) throw new Error(`the plan ${digest} is missing`);
  return JSON.parse(new TextDecoder().decode(blob)) as Plan;
}

/** Reads the ledger anew: it is what it was as it grew, and holds all that was acknowledged. */
function checkWhole(
  reader: Reader,
  findings: Findings,
  { chain, acknowledged }: { readonly chain: ChainState; readonly acknowledged: ReadonlyMap<number, string> },
): void {
  let again: ChainState = chainStart;
  const written = new Map<number, string>();
  for (const entry of reader.entries(0, 10_000)) {
    const next = follow(again, entry);
    if ('problem' in next) return findings.violated('the ledger verifies', next.problem);
    written.set(next.sequence, JSON.stringify(entry));
    again = next;
  }
  if (again.prev !== chain.prev) findings.violated('the ledger verifies', 'it is not what it was as it grew');
  if (reader.head().hash !== again.prev) findings.violated('the ledger verifies', 'its head is not its last entry');
  for (const [sequence, entry] of acknowledged) {
    if (written.get(sequence) !== entry) findings.violated('nothing acknowledged is lost', `entry ${sequence}`);
  }
}

/** What a step changes must be what the last deployment made of it. */
function checkOrigin(
  { id, plan }: AuditedDeployment,
  standing: ReadonlyMap<string, string | null>,
  findings: Findings,
) {
  for (const one of stepsOf(plan)) {
    const now = standing.get(one.id) ?? null;
    if (now !== targetBefore(one))
      findings.violated('a plan is carried out only on what it was made for', `${id}: ${one.id} was changed meanwhile`);
  }
}

function checkTwice({ id, events }: AuditedDeployment, event: DeploymentEvent, findings: Findings): void {
  const isSame = (other: DeploymentEvent) =>
    other.kind === event.kind && (!('step' in event) || ('step' in other && other.step === event.step));
  if (!events.some(isSame)) return;
  const property = event.kind === 'rollback-started' ? 'a rollback is never rolled back' : 'nothing is done twice';
  findings.violated(property, `${id}: ${event.kind} ${'step' in event ? event.step : ''}`);
}

/** Forward a wave begins when the one before is verified; back it begins when the one after it has been reverted. */
function checkWaves(
  { id, plan, rollout, events }: AuditedDeployment,
  event: DeploymentEvent,
  findings: Findings,
): void {
  const turned = events.some(({ kind }) => kind === 'rollback-started');
  if (turned && event.kind === 'step-started')
    findings.violated('a rollback is never rolled back', `${id}: ${event.step} starts forward again`);
  if (event.kind !== 'step-started' && event.kind !== 'revert-started') return;
  const steps = stepsIn(rollout);
  const at = plan.waves.findIndex((wave) => wave.some((one) => one.id === event.step));
  const others = event.kind === 'step-started' ? plan.waves.slice(0, at) : plan.waves.slice(at + 1);
  const done = event.kind === 'step-started' ? ['verified'] : ['reverted', 'revert-failed'];
  for (const { id: other } of others.flat()) {
    const progress = progressOf(steps, other);
    if (event.kind === 'revert-started' && !isTouched(progress)) continue;
    if (!done.includes(progress.kind))
      findings.violated(
        'waves follow each other',
        `${id}: ${event.kind} ${event.step} while ${other} is ${progress.kind}`,
      );
  }
}
