import {
  compareServices,
  type ComparedService,
  type ComparedServices,
  type Comparison,
} from '../core/comparing/compare.ts';
import { parameterLayers, resolveParameters } from '../core/parameter/resolve.ts';
import { parametersThen } from './parameters.ts';
import { currentSpec, type PlanningParts } from './planning.ts';
import { environmentOf, type PlatformState } from './platform.ts';
import { findRelease } from './releases.ts';

type Parts = Pick<PlanningParts, 'store' | 'blobs' | 'platform'>;

/** Compares what two environments are to run; `environment.unknown` when the platform lacks one. */
export async function compare(parts: Parts, a: string, b: string, signal: AbortSignal): Promise<Comparison> {
  const now = await parts.platform.current(signal);
  const [mine, theirs] = [await stateOf(parts, a, now, signal), await stateOf(parts, b, now, signal)];
  const side = (environment: string, { revision, services }: typeof mine) => ({
    environment,
    revision,
    services: services.size,
  });
  return { a: side(a, mine), b: side(b, theirs), differences: compareServices(mine.services, theirs.services) };
}

/** What an environment is to run, with the values that its parameters had when that was deployed. */
async function stateOf(
  parts: Parts,
  environment: string,
  now: Awaited<ReturnType<PlatformState['current']>>,
  signal: AbortSignal,
): Promise<{ readonly revision: number; readonly services: ComparedServices }> {
  environmentOf(now.platform, environment);
  const { revision, spec, row } = await currentSpec(parts, environment, signal);
  const then = await parametersThen(parts, row, now, signal);
  const services = new Map<string, ComparedService>();
  for (const [service, entry] of Object.entries(spec.services)) {
    const release = await findRelease(parts.store, service, entry.version, signal);
    const { identity, parameters } = await parts.blobs.read('manifest', release.manifest, signal);
    const resolved = resolveParameters(parameters, parameterLayers(then, service, entry.parameters));
    services.set(service, { entry, identity, parameters: resolved });
  }
  return { revision, services };
}
