import type { z } from 'zod';
import type { Actor, App, LogsInput, PlacedLogLine, PlanInput, Wanted } from '../app/api.ts';
import { Fault } from '../core/fault.ts';
import type { Page } from '../port/store.ts';
import type { PlanRequest } from '../wire/plan.ts';
import type { RouteName, routes } from '../wire/routes.ts';
import type { Parts } from './request-parts.ts';
import { doctorView, entriesView, platformView, tokenSummary } from './views/admin.ts';
import { deploymentSummary, deploymentView } from './views/deployment.ts';
import { environmentSummary, environmentView } from './views/environment.ts';
import { planView } from './views/plan.ts';
import { releaseSummary, releaseView } from './views/release.ts';

type Routes = typeof routes;

/** A request that its route's schemas have read and whose sender may send it. */
export interface Call<N extends RouteName> extends Parts<N> {
  readonly actor: Routes[N]['access'] extends 'public' ? null : Actor;
  readonly idempotencyKey: string | null;
  readonly signal: AbortSignal;
}

/** An answer; a route without a response schema answers with log lines. */
export interface Answer<N extends RouteName> {
  readonly status: number;
  readonly body: Routes[N]['response'] extends z.ZodType
    ? z.output<Routes[N]['response']>
    : AsyncIterable<PlacedLogLine>;
}

export type Handlers = { readonly [N in RouteName]: (call: Call<N>) => Promise<Answer<N>> };

/** From the contract to the use case and back, for every route, and nothing else. */
export function createHandlers({
  app,
  isDraining,
}: {
  readonly app: App;
  readonly isDraining: () => boolean;
}): Handlers {
  const readiness = () => (isDraining() ? 'draining' : app.readiness());
  return {
    health: async () => ok({ status: readiness() }),
    ready: async () => ({ status: readiness() === 'ok' ? 200 : 503, body: { status: readiness() } }),
    createRelease: async ({ actor, body, signal }) => {
      const { service, version, compose, vars, meta } = body;
      const release = await app.registerRelease(
        actor,
        { service, version, compose, vars, meta, files: decodeFiles(body.files) },
        signal,
      );
      return { status: release.created ? 201 : 200, body: releaseView(release) };
    },
    listReleases: async ({ query, signal }) => {
      const filter = query.service === undefined ? {} : { service: query.service };
      return ok(pageView(await app.releases(filter, pageRequest(query), signal), releaseSummary));
    },
    getRelease: async ({ params, signal }) =>
      ok(releaseView(await app.release(params.service, params.version, signal))),
    plan: async ({ body, signal }) => ok(planView(await app.plan(planInput(body), signal))),
    deploy: async ({ actor, body, idempotencyKey, signal }) => {
      const input = { ...planInput(body), expectPlan: body.expectPlan, idempotencyKey };
      const answer = await app.deploy(actor, input, signal);
      if (answer.kind === 'nothing-to-do')
        return ok({ kind: answer.kind, plan: answer.plan, revision: answer.revision });
      const { kind, deployment, plan, receipt, waitsFor } = answer;
      const { sequence, hash } = receipt;
      return { status: 202, body: { kind, deployment, plan, receipt: { sequence, hash }, waitsFor: [...waitsFor] } };
    },
    listDeployments: async ({ query, signal }) => {
      const filter = query.environment === undefined ? {} : { environment: query.environment };
      return ok(pageView(await app.deployments(filter, pageRequest(query), signal), deploymentSummary));
    },
    getDeployment: async ({ params, signal }) => ok(deploymentView(await app.deployment(params.deployment, signal))),
    cancelDeployment: async ({ actor, params, body, signal }) =>
      ok(deploymentView(await app.cancel(actor, params.deployment, body.leave, signal))),
    listEnvironments: async ({ signal }) => ok(wholeList((await app.environments(signal)).map(environmentSummary))),
    getEnvironment: async ({ params, signal }) =>
      ok(environmentView(await app.environment(params.environment, signal))),
    logs: async ({ params, query, signal }) => ok(app.logs(params.environment, logsInput(query), signal)),
    ledgerEntries: async ({ query, signal }) => ok(entriesView(await app.entries(query.after, query.limit, signal))),
    getPlatform: async ({ signal }) => ok(platformView(await app.platform(signal))),
    createToken: async ({ actor, body, signal }) => {
      const { row, secret } = await app.createToken(actor, body, signal);
      return { status: 201, body: { ...tokenSummary(row), secret } };
    },
    listTokens: async ({ signal }) => ok(wholeList((await app.tokens(signal)).map(tokenSummary))),
    revokeToken: async ({ actor, params, signal }) =>
      ok(tokenSummary(await app.revokeToken(actor, params.token, signal))),
    doctor: async ({ signal }) => ok(doctorView(await app.doctor(signal))),
  };
}

function ok<T>(body: T): { readonly status: number; readonly body: T } {
  return { status: 200, body };
}

function wholeList<T>(items: T[]): { items: T[]; next: null } {
  return { items, next: null };
}

function pageView<T, U>(page: Page<T>, view: (item: T) => U): { items: U[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}

function pageRequest(query: { readonly cursor?: string | undefined; readonly limit: number }) {
  return { cursor: query.cursor ?? null, limit: query.limit };
}

function planInput(body: PlanRequest): PlanInput {
  const wanted: Wanted = body.wanted;
  return { wanted, allowRemove: body.allowRemove, allowOlder: body.allowOlder };
}

function logsInput(query: Parts<'logs'>['query']): LogsInput {
  const { service, component, cluster, tail, follow } = query;
  return { service, component: component ?? null, cluster: cluster ?? null, tail, follow };
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
