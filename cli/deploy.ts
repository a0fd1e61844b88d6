import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { isFault, type Fault } from '../core/fault.ts';
import type { DeploymentAccepted } from '../wire/deployment.ts';
import type { DeployRequest, PlanRequest, PlanView } from '../wire/plan.ts';
import type { Context } from './context.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { parseTimeout } from './option.ts';
import { endedPath, keepReceipt } from './receipt.ts';
import { waitForDeployment } from './wait.ts';

/** Options of every command that starts or ends a deployment. */
export interface WaitOptions {
  readonly wait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

const defaultTimeoutMs = 3_600_000;

/** Adds `--no-wait` and `--timeout`. */
export function addWaitOptions(command: Command): Command {
  return command
    .option('--no-wait', 'return as soon as it is accepted')
    .addOption(
      new Option('--timeout <duration>', 'wait at most so long; the deployment goes on after it')
        .argParser(parseTimeout)
        .default(defaultTimeoutMs, '1h'),
    );
}

export async function planOf(context: Context, body: PlanRequest): Promise<PlanView> {
  return await context.client().call('plan', { body, signal: context.signal });
}

/** Sends the request. The key makes it safe that the client repeats it when no answer came. */
export async function sendDeploy(
  context: Context,
  body: DeployRequest,
  key: string = randomUUID(),
): Promise<DeploymentAccepted> {
  return await context.client().call('deploy', { body, idempotencyKey: key, signal: context.signal });
}

/** Tells what became of the request, and waits for the end unless that is not wanted. */
export async function finishDeploy(
  context: Context,
  accepted: DeploymentAccepted,
  options: WaitOptions & { readonly receipt?: string },
): Promise<ExitCode> {
  const { terminal } = context;
  if (accepted.kind === 'nothing-to-do') {
    terminal.result(accepted);
    terminal.say(`Nothing to do: it runs as asked (revision ${accepted.revision}).`);
    return exitCode.done;
  }
  const id = terminal.style.bold(accepted.deployment);
  const entry = terminal.style.dim(`(ledger entry ${accepted.receipt.sequence})`);
  const waits = accepted.waitsFor.length === 0 ? '' : `; it waits for ${accepted.waitsFor.join(', ')}`;
  const verb = accepted.kind === 'joined' ? 'is under way already' : 'is accepted';
  terminal.say(`Deployment ${id} ${verb} ${entry}${waits}`);
  if (options.receipt !== undefined) await keepReceipt(context, options.receipt, accepted.receipt);
  if (!options.wait) {
    terminal.result(accepted);
    terminal.say(`Follow it with: dray show ${accepted.deployment}`);
    return exitCode.done;
  }
  const code = await waitForDeployment(context, accepted.deployment, options.timeout);
  if (options.receipt !== undefined) await keepEnd(context, options.receipt, accepted.deployment);
  return code;
}

async function keepEnd(context: Context, path: string, deployment: string): Promise<void> {
  const { signal } = context;
  const { receipts } = await context.client().call('getDeployment', { params: { deployment }, signal });
  if (receipts.ended !== null) await keepReceipt(context, endedPath(path), receipts.ended);
}

/** The services that a fault of a spec is about; null when it does not name them. */
export function servicesOf(fault: Fault): readonly string[] | null {
  const { services } = fault.facts;
  if (!Array.isArray(services)) return null;
  const names = services.filter((name) => typeof name === 'string');
  return names.length === services.length && names.length > 0 ? names : null;
}

/** Whether the fault asks only for a person's consent to go back to older versions. */
export function asksForOlder(thrown: unknown): thrown is Fault {
  return isFault(thrown, 'spec.older');
}
