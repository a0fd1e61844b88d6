import type { ComparisonView } from '../../wire/comparison.ts';
import { sourceText } from '../../core/parameter/resolve.ts';
import { printable, type Style } from '../style.ts';
import { cut, renderTable } from '../table.ts';
import type { CommitLog } from '../commit-log.ts';
import { renderChanges } from './change.ts';
import { count } from './words.ts';

type Difference = ComparisonView['differences'][number];
type Side = ComparisonView['a'];

const valueWidth = 60;

export interface ComparisonOptions {
  /** Also what was declared to differ, and every package that the server told. */
  readonly all: boolean;
  /** What git tells here of the commits between, by service. */
  readonly logs: ReadonlyMap<string, CommitLog>;
}

/** In what two sides differ; what was declared to differ is counted, and shown when all is asked for. */
export function renderComparison(view: ComparisonView, style: Style, options: ComparisonOptions): string {
  const undeclared = view.differences.filter(({ declared }) => !declared);
  const declared = view.differences.filter((difference) => difference.declared);
  const blocks = [headline(view, undeclared.length, style)];
  if (undeclared.length > 0) blocks.push(table(view, undeclared, style));
  blocks.push(...renderChanges(view, style, options));
  if (declared.length > 0 && options.all) {
    const title = style.bold(`Declared to differ: ${count(declared.length, 'thing')}`);
    blocks.push(`${title}\n${table(view, declared, style)}`);
  } else if (declared.length > 0) {
    blocks.push(style.dim(`${count(declared.length, 'thing')} declared to differ; --all shows what.`));
  }
  for (const side of [view.a, view.b]) {
    if (side.kind === 'environment' && side.revision === 0)
      blocks.push(style.dim(`Nothing was ever deployed to ${side.environment}.`));
  }
  return blocks.join('\n\n');
}

function headline({ a, b }: ComparisonView, differences: number, style: Style): string {
  const names = `${style.bold(nameOf(a))} and ${style.bold(nameOf(b))}`;
  const revisions = [a, b].flatMap((side) => (side.kind === 'environment' ? [String(side.revision)] : []));
  const word = revisions.length === 1 ? 'revision' : 'revisions';
  const told = revisions.length === 0 ? '' : ` ${style.dim(`(${word} ${revisions.join(' and ')})`)}`;
  if (differences === 0) {
    const same = a.kind === 'release' && b.kind === 'release' ? 'are the same' : 'are to run the same';
    return `${names} ${same}.${told}`;
  }
  return `${names} differ in ${count(differences, 'thing')}:${told}`;
}

/** What a side is called. */
export function nameOf(side: Side): string {
  if (side.kind === 'release') return `${side.service}@${side.version}`;
  return side.kind === 'environment' ? side.environment : printable(side.name);
}

function table({ a, b }: ComparisonView, differences: readonly Difference[], style: Style): string {
  const rows = differences.map((difference) => [
    { text: difference.service, paint: style.bold },
    whatText(difference),
    sided(difference.a),
    sided(difference.b),
  ]);
  return renderTable(['SERVICE', 'WHAT', nameOf(a), nameOf(b)], rows, style, { indent: '  ' });
}

function whatText({ what, name }: Difference): string {
  return name === null ? what : `${what} ${printable(name)}`;
}

function sided(value: Difference['a']): string {
  if (value === null) return '(none)';
  const short = value.value.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
  const text = short === '' ? '""' : cut(printable(short), valueWidth);
  return value.source === undefined ? text : `${text} (${sourceText({ ...value, source: value.source })})`;
}
