import type { Command } from 'commander';
import { isFault } from '../../core/fault.ts';
import type { DoctorView } from '../../wire/admin.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, exitCodeOfFault, type ExitCode } from '../exit-code.ts';
import { count } from '../render/words.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';
import { teach } from '../teach.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly subject: string;
  readonly state: 'fine' | 'trouble';
  readonly detail: string;
}

const oldestNode = 26;

/** `dray doctor`: what is wrong with this machine, the server, its clusters. */
export function addDoctor(program: Command, act: Act): void {
  const command = program
    .command('doctor')
    .summary('find what is wrong with this machine, the server, its clusters')
    .description('Looks at this machine, the server and its clusters, and says what is wrong and what to do.')
    .action(() => act(command, doctor));
  teach(command, {
    examples: [
      ['dray doctor', 'when something does not work'],
      ['dray doctor --json', 'for a monitor'],
    ],
    exits: [0, 1, 9, 11],
  });
}

async function doctor(context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const findings = [...machineFindings(context)];
  let view: DoctorView | null = null;
  let code: ExitCode = exitCode.done;
  try {
    view = await context.client().call('doctor', { signal: context.signal });
    findings.push(...serverFindings(view));
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    code = exitCodeOfFault(thrown);
    const { message, next } = thrown;
    findings.push({ subject: 'server', state: 'trouble', detail: next === null ? message : `${message} ${next}` });
  }
  terminal.answer({ findings, server: view }, renderFindings(findings, terminal.style));
  if (code !== exitCode.done) return code;
  return findings.some((finding) => finding.state === 'trouble') ? exitCode.failed : exitCode.done;
}

function machineFindings({ io, url }: Context): readonly Finding[] {
  const major = Number(process.versions.node.split('.')[0]);
  const hasToken = (io.env['DRAYAGE_TOKEN'] ?? '') !== '';
  return [
    {
      subject: 'this Node',
      state: major >= oldestNode ? 'fine' : 'trouble',
      detail: `${process.version}${major >= oldestNode ? '' : `; run bin/setup, and dray from bin/dray`}`,
    },
    { subject: 'server address', state: 'fine', detail: url },
    { subject: 'token', state: 'fine', detail: hasToken ? 'from DRAYAGE_TOKEN' : 'DRAYAGE_TOKEN is not set' },
  ];
}

/** What the server says of itself and its clusters. */
export function serverFindings(view: DoctorView): readonly Finding[] {
  const findings: Finding[] = [
    { subject: 'server', state: 'fine', detail: `version ${view.version}, installation ${view.installation}` },
    { subject: 'ledger', state: 'fine', detail: `${view.head.sequence} entries, head ${view.head.hash.slice(0, 12)}` },
    ...(view.recovery === null ? [signingFinding(view.signing)] : [recoveryFinding(view.recovery)]),
    platformFinding(view.platform),
  ];
  for (const cluster of view.clusters) {
    findings.push(clusterFinding(cluster));
  }
  return findings;
}

function recoveryFinding(reason: string): Finding {
  return {
    subject: 'recovery',
    state: 'trouble',
    detail: `${reason} Put back the newest data folder, or: dray recover`,
  };
}

function signingFinding({ state, key, size, trouble }: DoctorView['signing']): Finding {
  const subject = 'signed';
  if (trouble === null) return { subject, state: 'fine', detail: `${size} entries, by ${key}` };
  const next = state === 'key-changed' ? ' Put the right key file back, or: dray ledger rotate-key' : '';
  return { subject, state: 'trouble', detail: `${size} entries, and no more: ${trouble}${next}` };
}

function clusterFinding(cluster: DoctorView['clusters'][number]): Finding {
  const { engine, version, nodes, reachable } = cluster;
  const about = [
    engine,
    ...(version === null ? [] : [`version ${version}`]),
    ...(nodes === null ? [] : [count(nodes, 'node')]),
  ].join(', ');
  // That a cluster is simulated was asked for.
  const hasTrouble = !reachable || (engine !== 'simulated' && cluster.findings.length > 0);
  const detail = [...(reachable ? [] : ['does not answer']), about, ...cluster.findings].join('; ');
  return { subject: `cluster ${cluster.cluster}`, state: hasTrouble ? 'trouble' : 'fine', detail };
}

function platformFinding(platform: DoctorView['platform']): Finding {
  const subject = 'platform';
  if (platform === null) {
    return { subject, state: 'trouble', detail: 'no document was applied yet: dray serve --platform FILE applies one' };
  }
  if (platform.refused !== null) {
    const detail = `revision ${platform.revision} is in force; the file of the last start was refused: ${platform.refused}`;
    return { subject, state: 'trouble', detail };
  }
  return { subject, state: 'fine', detail: `revision ${platform.revision}` };
}

function renderFindings(findings: readonly Finding[], style: Style): string {
  const paints = { fine: style.green, trouble: style.red };
  const rows = findings.map(({ subject, state, detail }) => [{ text: state, paint: paints[state] }, subject, detail]);
  return renderTable([], rows, style);
}
