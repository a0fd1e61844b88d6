import type { App, DeploymentDetail, PlanInput } from '../../app/api.ts';
import type { ReleaseDetail } from '../../app/release-api.ts';
import type { Receipt } from '../../app/ledger-api.ts';
import { Fault } from '../../core/fault.ts';
import type { ReleaseSource } from '../../core/release.ts';
import type { PlanRequest } from '../../wire/plan.ts';
import type { ReleaseRequest, ReleaseView } from '../../wire/release.ts';
import { actorsOf, deploymentSummary, deploymentView, receiptsOf } from '../views/deployment.ts';
import { configViews, planView } from '../views/plan.ts';
import { receiptView } from '../views/receipt.ts';
import { releaseSummary, releaseView } from '../views/release.ts';
import { answered, given, namedPage, pageRequest, type Handlers } from './call.ts';

type DeliveryRoutes =
  | 'createRelease'
  | 'listReleases'
  | 'getRelease'
  | 'plan'
  | 'deploy'
  | 'listDeployments'
  | 'getDeployment'
  | 'deploymentConfigs'
  | 'cancelDeployment';

/** A release as it is answered: with the proof of its entry and the name of who made it. */
export async function namedRelease(app: App, release: ReleaseDetail, signal: AbortSignal): Promise<ReleaseView> {
  const { receipt, row } = release;
  const proof = await app.proof(receipt.sequence, signal);
  return releaseView(release, {
    receipt: receiptView(receipt, proof),
    names: await app.actorNames([row.actor], signal),
  });
}

/** Releases, plans and deployments. */
export function createDeliveryHandlers(app: App): Handlers<DeliveryRoutes> {
  const named = async (release: ReleaseDetail, signal: AbortSignal) => await namedRelease(app, release, signal);
  const namedDeployment = async (detail: DeploymentDetail, signal: AbortSignal) => {
    const { accepted, ended } = receiptsOf(detail);
    const proofs = await app.proofs([accepted, ...(ended === null ? [] : [ended])].map(sequenceOf), signal);
    const receipts = {
      accepted: receiptView(accepted, proofs.get(accepted.sequence) ?? null),
      ended: ended === null ? null : receiptView(ended, proofs.get(ended.sequence) ?? null),
    };
    return deploymentView(detail, { receipts, names: await app.actorNames(actorsOf(detail), signal) });
  };
  return {
    createRelease: async ({ actor, body, signal }) => {
      const { service, version, vars, meta, build } = body;
      const input = { service, version, compose: sourceOf(body), vars, meta, build, files: decodeFiles(body.files) };
      const release = await app.registerRelease(actor, input, signal);
      return answered(await named(release, signal), release.created ? 201 : 200);
    },
    listReleases: async ({ query, signal }) => {
      const page = await app.releases(given(query, ['service', 'search']), pageRequest(query), signal);
      return await namedPage({ app, page, signal }, releaseSummary);
    },
    getRelease: async ({ params, signal }) =>
      answered(await named(await app.release(params.service, params.version, signal), signal)),
    plan: async ({ body, signal }) => answered(planView(await app.plan(planInput(body), signal))),
    deploy: async ({ actor, body, idempotencyKey, signal }) => {
      const input = { ...planInput(body), expectPlan: body.expectPlan, idempotencyKey };
      const answer = await app.deploy(actor, input, signal);
      if (answer.kind === 'nothing-to-do')
        return answered({ kind: answer.kind, plan: answer.plan, revision: answer.revision });
      const { kind, deployment, plan, waitsFor } = answer;
      const receipt = receiptView(answer.receipt, await app.proof(answer.receipt.sequence, signal));
      return answered({ kind, deployment, plan, receipt, waitsFor: [...waitsFor] }, 202, { deployment });
    },
    listDeployments: async ({ query, signal }) => {
      const filter = given(query, ['environment', 'service', 'phase', 'outcome', 'search']);
      const page = await app.deployments(filter, pageRequest(query), signal);
      return await namedPage({ app, page, signal }, deploymentSummary);
    },
    deploymentConfigs: async ({ params, signal }) =>
      answered({ items: configViews(await app.deploymentConfigs(params.deployment, signal)) }),
    getDeployment: async ({ params, signal }) =>
      answered(await namedDeployment(await app.deployment(params.deployment, signal), signal)),
    cancelDeployment: async ({ actor, params, body, signal }) =>
      answered(await namedDeployment(await app.cancel(actor, params.deployment, body.leave, signal), signal)),
  };
}

function sequenceOf({ sequence }: Receipt): number {
  return sequence;
}

/** What is empty is left out, so that one file alone is stored as it always was. */
function sourceOf({ compose: { name, text }, overrides, sources, profiles }: ReleaseRequest): ReleaseSource {
  return {
    name,
    text,
    ...(overrides.length === 0 ? {} : { overrides }),
    ...(Object.keys(sources).length === 0 ? {} : { files: sources }),
    ...(profiles.length === 0 ? {} : { profiles }),
  };
}

/** What says nothing is left out: a request that was kept before is still the same. */
function planInput({ wanted, allowRemove, allowOlder, restart }: PlanRequest): PlanInput {
  const asks = restart !== undefined && (restart.all !== null || Object.keys(restart.services).length > 0);
  return { wanted, allowRemove, allowOlder, ...(asks ? { restart } : {}) };
}

const filesMost = 1000;

function decodeFiles(files: { readonly [path: string]: string }): ReadonlyMap<string, Uint8Array> {
  const entries = Object.entries(files);
  if (entries.length > filesMost) {
    throw new Fault('request.too-large', `A release has at most ${filesMost} files; ${entries.length} came.`, {
      next: 'Pack them, or put them into an image.',
    });
  }
  return new Map(entries.map(([path, base64]) => [path, Buffer.from(base64, 'base64')]));
}
