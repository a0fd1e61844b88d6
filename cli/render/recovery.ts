import { unreachable } from '../../core/unreachable.ts';
import type { RecoveryView } from '../../wire/recovery.ts';
import { printable, type Style } from '../style.ts';
import { count, spotName } from './words.ts';

type Finding = RecoveryView['findings'][number];

/** What a recovery would give up, and what it would do, for people. */
export function renderRecovery(view: RecoveryView, style: Style): string {
  const { reason, head, signed, findings, findingCount, unseen, unfinished } = view;
  const lines = [
    style.red(printable(reason ?? '')),
    '',
    `This ledger ends with entry ${head.sequence}; everything from entry ${head.sequence + 1} on is lost.`,
    ...(signed === null ? [] : [`A checkpoint of ${signed.size} entries was signed (${printable(signed.origin)}).`]),
    ...section(style, 'What the engines hold otherwise than this ledger; it stays as it is:', findings.map(describe)),
    ...(findingCount > findings.length ? [`  and ${count(findingCount - findings.length, 'component')} more`] : []),
    ...section(
      style,
      'Not seen, so it is not known what runs there:',
      unseen.map(({ cluster, environment, trouble }) => `${environment} on ${cluster}: ${printable(trouble)}`),
    ),
    ...section(
      style,
      'Unfinished deployments, which end without a write to an engine:',
      unfinished.map((it) => `${it.deployment} in ${it.environment} (${it.services.join(', ')})`),
    ),
  ];
  return lines.join('\n');
}

function section(style: Style, title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : ['', style.bold(title), ...items.map((item) => `  ${item}`)];
}

function describe(finding: Finding): string {
  const where = `${finding.environment} on ${finding.cluster}: ${spotName(finding)}`;
  const release = finding.release === null ? '' : ` ${printable(finding.release)}`;
  return `${where}${release}, ${meaning(finding)}`;
}

function meaning({ kind, deployment, generation }: Finding): string {
  switch (kind) {
    case 'unknown-deployment':
      return `written by ${printable(deployment ?? 'a deployment')}, which this ledger does not know`;
    case 'newer':
      return `of generation ${generation}, which this ledger never granted`;
    case 'differs':
      return 'not what this ledger says runs there';
    case 'not-recorded':
      return 'of which this ledger knows nothing';
    case 'missing':
      return 'which this ledger has, is not there';
    default:
      return unreachable(kind);
  }
}
