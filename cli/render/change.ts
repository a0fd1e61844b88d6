import type { ComparisonView } from '../../wire/comparison.ts';
import type { CommitLog } from '../commit-log.ts';
import { printable, type Style } from '../style.ts';
import type { ComparisonOptions } from './comparison.ts';
import { count } from './words.ts';

type Change = ComparisonView['changes'][number];
type Component = Change['components'][number];

/** Packages that are named one by one unless all are asked for. */
const packagesMost = 20;

/** Of each service with another release: the commits between, the packages and findings that come and go. */
export function renderChanges(view: ComparisonView, style: Style, options: ComparisonOptions): readonly string[] {
  const blocks = view.changes.map((change) => {
    const title = style.bold(`${change.service} ${change.a ?? '(none)'} -> ${change.b ?? '(none)'}`);
    // What a service brings that was not there is no change of its commits and packages; its findings count.
    const isNew = change.a === null || change.b === null;
    return [
      title,
      ...(isNew ? [] : commitLines(change, options.logs.get(change.service), style)),
      ...change.components.flatMap(({ component, packages, findings }) => [
        ...(isNew ? [] : packageLines(component, packages, style, options.all)),
        ...findingLines(component, findings, style),
      ]),
    ].join('\n');
  });
  if (view.moreChanges === 0) return blocks;
  return [...blocks, style.dim(`${count(view.moreChanges, 'more service')} with another release.`)];
}

function commitLines({ commits: { a, b }, repository }: Change, log: CommitLog | undefined, style: Style): string[] {
  const name = 'commits';
  if (a.kind === 'missing' || b.kind === 'missing') {
    const why = a.kind === 'missing' ? a.why : b.kind === 'missing' ? b.why : '';
    return [`  ${name}: ${unknown(why, style)}`];
  }
  const where = repository.kind === 'known' ? ` of ${printable(repository.value)}` : '';
  if (a.value === b.value) return [`  ${name}: both from ${a.value.slice(0, 12)}${where}`];
  const head = `  ${name}: ${a.value.slice(0, 12)} -> ${b.value.slice(0, 12)}${where}`;
  return log === undefined ? [head] : [`${head}, ${logCount(log)}`, ...logLines(log, style)];
}

function logCount({ ahead, behind }: CommitLog): string {
  if (behind === 0) return count(ahead, 'commit');
  return ahead === 0
    ? `${count(behind, 'commit')} back`
    : `${count(ahead, 'commit')}, and ${count(behind, 'commit')} back`;
}

function logLines({ ahead, behind, lines }: CommitLog, style: Style): string[] {
  const sign = ahead === 0 && behind > 0 ? '-' : '+';
  const all = ahead === 0 ? behind : ahead;
  const more = all - lines.length;
  return [
    ...lines.map((line) => `    ${sign} ${printable(line)}`),
    ...(more > 0 ? [style.dim(`      and ${more} more`)] : []),
  ];
}

function packageLines(component: string, packages: Component['packages'], style: Style, all: boolean): string[] {
  const name = `  packages of ${component}`;
  if (packages.kind === 'missing') return [`${name}: ${unknown(packages.why, style)}`];
  const { gained, lost, changed, shown } = packages.value;
  const told = all ? shown : shown.slice(0, packagesMost);
  const total = gained + lost + changed;
  if (total === 0) return [`${name}: the same`];
  return [
    `${name}: ${gained} gained, ${lost} lost, ${changed} changed`,
    ...told.map((it) => {
      if (it.a === null) return `    ${style.green('+')} ${printable(it.name)} ${printable(it.b ?? '')}`;
      if (it.b === null) return `    ${style.red('-')} ${printable(it.name)} ${printable(it.a)}`;
      return `    ${style.yellow('~')} ${printable(it.name)} ${printable(it.a)} -> ${printable(it.b)}`;
    }),
    ...more(total - told.length, all ? '' : '; --all shows more', style),
  ];
}

function findingLines(component: string, findings: Component['findings'], style: Style): string[] {
  const name = `  findings of ${component}`;
  if (findings.kind === 'missing') return [`${name}: ${unknown(findings.why, style)}`];
  const { gained, lost, shown } = findings.value;
  if (gained + lost === 0) return [`${name}: the same`];
  return [
    `${name}: ${gained} gained, ${lost} lost`,
    ...shown.map(({ id, severity, package: of, change }) => {
      const sign = change === 'gained' ? style.red('+') : style.green('-');
      return `    ${sign} ${printable(id)} ${severity} in ${printable(of)}`;
    }),
    ...more(gained + lost - shown.length, '', style),
  ];
}

function unknown(why: string, style: Style): string {
  return style.yellow(`not known: ${printable(why)}`);
}

function more(rest: number, hint: string, style: Style): string[] {
  return rest <= 0 ? [] : [style.dim(`      and ${rest} more${hint}`)];
}
