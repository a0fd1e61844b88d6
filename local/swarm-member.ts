import { z } from 'zod';
import { Fault } from '../core/fault.ts';
import type { EngineApi } from './engine-api.ts';
import { waitUntil } from './wait.ts';

/** An engine that is to be a member of a swarm. */
export interface Member {
  readonly api: EngineApi;
  /** The address that it tells the other members. */
  readonly address: string;
  /** Forget the swarm of an earlier run, and with it all services, networks and configs. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

const swarmPort = 2377;
const membershipMs = 30_000;
const lookMs = 5_000;

const engineInfo = z.object({
  Swarm: z.object({ LocalNodeState: z.string(), ControlAvailable: z.boolean(), NodeAddr: z.string() }),
});
const swarmInfo = z.object({ JoinTokens: z.object({ Manager: z.string(), Worker: z.string() }) });

/** Makes an engine a swarm of one node, unless it is one at its address already. Throws `engine.refused`. */
export async function makeSwarm(member: Member): Promise<void> {
  const { api, address, fresh, signal } = member;
  const { LocalNodeState, ControlAvailable, NodeAddr } = await membership(member);
  const isMember = LocalNodeState !== 'inactive';
  if (isMember && ControlAvailable && NodeAddr === address && !fresh) return;
  if (isMember) await leave(member);
  const body = {
    ListenAddr: `${address}:${swarmPort}`,
    AdvertiseAddr: address,
    DefaultAddrPool: ['10.40.0.0/16'],
    SubnetSize: 24,
  };
  await api.ask({ method: 'POST', path: '/swarm/init', body, deadlineMs: membershipMs, signal });
}

/** Makes an engine a node of a swarm, leaving the one it was in. Throws `engine.refused`. */
export async function joinSwarm(
  member: Member,
  leader: { readonly api: EngineApi; readonly address: string },
  role: 'manager' | 'worker',
): Promise<void> {
  const { api, address, signal } = member;
  if ((await membership(member)).LocalNodeState !== 'inactive') await leave(member);
  const { JoinTokens: tokens } = swarmInfo.parse(await leader.api.ask({ method: 'GET', path: '/swarm', signal }));
  const body = {
    ListenAddr: `${address}:${swarmPort}`,
    AdvertiseAddr: address,
    RemoteAddrs: [`${leader.address}:${swarmPort}`],
    JoinToken: role === 'manager' ? tokens.Manager : tokens.Worker,
  };
  await api.ask({ method: 'POST', path: '/swarm/join', body, deadlineMs: membershipMs, signal });
}

/** Waits until a restarted engine is in its swarm again. Throws `local.failed` when it is not within the deadline. */
export async function waitUntilMember(
  api: EngineApi,
  { deadlineMs, signal }: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const isMember = async () => {
    const { LocalNodeState, ControlAvailable } = await membership({ api, signal });
    if (LocalNodeState !== 'active') return false;
    return !ControlAvailable || (await answersAsManager(api, signal));
  };
  if (await waitUntil(isMember, { deadlineMs, signal })) return;
  throw new Fault('local.failed', `The engine was not back in its swarm within ${deadlineMs} ms.`);
}

async function membership({ api, signal }: Pick<Member, 'api' | 'signal'>) {
  return engineInfo.parse(await api.ask({ method: 'GET', path: '/info', signal })).Swarm;
}

async function leave({ api, signal }: Member): Promise<void> {
  await api.ask({ method: 'POST', path: '/swarm/leave?force=true', deadlineMs: membershipMs, signal });
}

async function answersAsManager(api: EngineApi, signal: AbortSignal): Promise<boolean> {
  try {
    return (await api.call({ method: 'GET', path: '/nodes', deadlineMs: lookMs, signal })).status === 200;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
