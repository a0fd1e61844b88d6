import { Option, type Command } from 'commander';
import { bomFormats, type BomFormat } from '../../core/evidence/export.ts';
import { isFault } from '../../core/fault.ts';
import { namePattern, versionPattern } from '../../core/name-patterns.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { renderDeployment } from '../render/deployment.ts';
import { renderEnvironment } from '../render/environment.ts';
import { renderService } from '../render/service.ts';
import { renderRelease } from '../render/release.ts';
import { teach } from '../teach.ts';

/** `dray show`: one release, deployment, environment or service with all that is known of it. */
export function addShow(program: Command, act: Act): void {
  const command = program
    .command('show')
    .summary('show one release, deployment, environment or service')
    .description('Shows one release, deployment, environment or service with all that is known of it.')
    .argument('<what>', 'service@version, the id of a deployment, an environment, or a service')
    .addOption(
      new Option('--format <format>', 'print the bill of materials of a release in another form').choices(bomFormats),
    )
    .action((what: string, { format }: { readonly format?: BomFormat }) =>
      act(command, async (context) => await show(context, what, format ?? null)),
    );
  teach(command, {
    examples: [
      ['dray show cart@1.4.2', 'a release: images by digest, parameters, files'],
      ['dray show cart@1.4.2 --format cyclonedx', 'its bill of materials as CycloneDX 1.6'],
      ['dray show d-12', 'a deployment: waves, steps, outcome, cause'],
      ['dray show prod', 'an environment: what runs, newest deployments'],
      ['dray show cart', 'a service: its releases, and the trend of their defect rate'],
    ],
    notes: ['A name that an environment and a service have is the environment.'],
    exits: [0, 2, 9, 11],
  });
}

async function show(context: Context, what: string, format: BomFormat | null): Promise<ExitCode> {
  if (what.includes('@')) return await showRelease(context, what, format);
  if (format !== null) throw new UsageError('Only a release has a bill of materials.', 'Write it service@version.');
  try {
    return await showDeployment(context, what);
  } catch (thrown) {
    if (!isFault(thrown, 'deployment.unknown')) throw thrown;
    if (!namePattern.test(what)) throw thrown;
  }
  try {
    return await showEnvironment(context, what);
  } catch (thrown) {
    if (!isFault(thrown, 'environment.unknown') && !isFault(thrown, 'platform.missing')) throw thrown;
  }
  try {
    return await showService(context, what);
  } catch (thrown) {
    if (!isFault(thrown, 'service.unknown')) throw thrown;
    throw new UsageError(
      `There is no deployment, no environment and no service ${what}.`,
      'dray status lists environments, dray deployments deployments, dray releases services; a release is written service@version.',
    );
  }
}

async function showRelease(context: Context, what: string, format: BomFormat | null): Promise<ExitCode> {
  const at = what.indexOf('@');
  const service = what.slice(0, at);
  const version = what.slice(at + 1);
  if (!namePattern.test(service) || !versionPattern.test(version)) {
    throw new UsageError(`${what} is no release.`, 'A release is written service@version, such as cart@1.4.2.');
  }
  const { terminal, io, signal } = context;
  if (format !== null) {
    const document = await context.client().call('getBom', { params: { service, version }, query: { format }, signal });
    terminal.raw(`${JSON.stringify(document, null, 2)}\n`);
    return exitCode.done;
  }
  const view = await context.client().call('getRelease', { params: { service, version }, signal });
  terminal.answer(view, renderRelease(view, terminal.style, io.now()));
  return exitCode.done;
}

async function showDeployment(context: Context, deployment: string): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const view = await context.client().call('getDeployment', { params: { deployment }, signal });
  terminal.answer(view, renderDeployment(view, terminal.style, io.now()));
  return exitCode.done;
}

async function showEnvironment(context: Context, environment: string): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const view = await context.client().call('getEnvironment', { params: { environment }, signal });
  terminal.answer(view, renderEnvironment(view, terminal.style, io.now(), terminal.people.columns));
  return exitCode.done;
}

async function showService(context: Context, service: string): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const view = await context.client().call('getService', { params: { service }, signal });
  terminal.answer(view, renderService(view, terminal.style, io.now()));
  return exitCode.done;
}
