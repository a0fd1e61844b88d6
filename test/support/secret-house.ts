import assert from 'node:assert/strict';
import { isFault, type FaultCode } from '../../core/fault.ts';
import type { Clock } from '../../port/clock.ts';
import { registerRelease, testAdmin as actor, type House } from './app-house.ts';

export type Wanted = Parameters<House['running']['app']['plan']>[0]['wanted'];

type Restart = Pick<Parameters<House['running']['app']['plan']>[0], 'restart'>;

export const to = (version: string): Wanted => ({ kind: 'change', environment: 'dev', set: { cart: version } });
export const back: Wanted = { kind: 'rollback', environment: 'dev', to: null };

export async function rejectsWith(code: FaultCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => isFault(error, code));
}

/** What tests do with secrets of `dev` and the service `cart` that mounts `db-password`. */
export function secretUses(clock: Clock, signal: AbortSignal) {
  const uses = {
    set: async (
      it: House,
      value: string | Uint8Array,
      of: { readonly secret?: string; readonly base?: number } = {},
    ) => {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      const input = { environment: 'dev', secret: of.secret ?? 'db-password', value: bytes, base: of.base ?? null };
      return await it.running.app.setSecret(actor, input, signal);
    },
    /** Registers a release that mounts the secret. */
    release: async (it: House, version: string, of: { service?: string; more?: string } = {}): Promise<void> => {
      const { service = 'cart', more = '' } = of;
      const extra = `    secrets: [password]\nsecrets: { password: { external: true, name: db-password } }\n${more}`;
      await registerRelease(it, actor, { service, version, extra }, signal);
    },
    plan: async (it: House, wanted: Wanted, of: Restart = {}) => {
      return await it.running.app.plan({ wanted, allowRemove: [], allowOlder: true, ...of }, signal);
    },
    accept: async (it: House, wanted: Wanted, of: Restart = {}): Promise<string> => {
      const asked = { wanted, allowRemove: [], allowOlder: true, ...of } as const;
      const input = { ...asked, expectPlan: null, idempotencyKey: null } as const;
      const answer = await it.running.app.deploy(actor, input, signal);
      assert.ok(answer.kind === 'accepted', answer.kind);
      return answer.deployment;
    },
    /** Waits until it has begun with a step. */
    begun: async (it: House, deployment: string): Promise<void> => {
      for (;;) {
        const { entries } = await it.running.app.deployment(deployment, signal);
        if (entries.some(({ kind }) => kind === 'step-started')) return;
        await clock.sleep(50, signal);
      }
    },
    ended: async (it: House, deployment: string, outcome: string) => {
      for (;;) {
        const detail = await it.running.app.deployment(deployment, signal);
        if (detail.row.phase === 'ended') {
          assert.equal(detail.row.outcome, outcome, JSON.stringify(detail.entries.at(-1)));
          return detail;
        }
        await clock.sleep(200, signal);
      }
    },
    deploy: async (it: House, wanted: Wanted, of: Restart = {}) => {
      return await uses.ended(it, await uses.accept(it, wanted, of), 'succeeded');
    },
    /** The versions of cart's secrets that the environment is to run. */
    versions: async (it: House) => {
      const { spec } = await it.running.app.environment('dev', signal);
      return Object.values(spec['cart']?.secrets ?? {}).map((ref) => (ref.kind === 'version' ? ref.version : ref.name));
    },
    /** Names of the secrets on the engine. */
    held: ({ engine }: House) => engine.objects('dev').filter((name) => name.startsWith('drayage-secret-')),
  };
  return uses;
}
