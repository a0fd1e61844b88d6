import type { ComparisonView } from '../../wire/comparison.ts';
import { sourceText } from '../../core/parameter/resolve.ts';
import { printable, type Style } from '../style.ts';
import { cut, renderTable } from '../table.ts';
import { count } from './words.ts';

type Difference = ComparisonView['differences'][number];

const valueWidth = 60;

/** In what two environments differ; what was declared to differ is counted, and shown when all is asked for. */
export function renderComparison(view: ComparisonView, style: Style, options: { readonly all: boolean }): string {
  const { a, b } = view;
  const undeclared = view.differences.filter(({ declared }) => !declared);
  const declared = view.differences.filter((difference) => difference.declared);
  const blocks = [headline(view, undeclared.length, style)];
  if (undeclared.length > 0) blocks.push(table(view, undeclared, style));
  if (declared.length > 0 && options.all) {
    const title = style.bold(`Declared to differ: ${count(declared.length, 'thing')}`);
    blocks.push(`${title}\n${table(view, declared, style)}`);
  } else if (declared.length > 0) {
    blocks.push(style.dim(`${count(declared.length, 'thing')} declared to differ; --all shows what.`));
  }
  if (a.revision === 0 || b.revision === 0) {
    const empty = a.revision === 0 ? a : b;
    blocks.push(style.dim(`Nothing was ever deployed to ${empty.environment}.`));
  }
  return blocks.join('\n\n');
}

function headline({ a, b }: ComparisonView, differences: number, style: Style): string {
  const names = `${style.bold(a.environment)} and ${style.bold(b.environment)}`;
  const revisions = style.dim(`(revisions ${a.revision} and ${b.revision})`);
  if (differences === 0) return `${names} are to run the same. ${revisions}`;
  return `${names} differ in ${count(differences, 'thing')}: ${revisions}`;
}

function table({ a, b }: ComparisonView, differences: readonly Difference[], style: Style): string {
  const rows = differences.map((difference) => [
    { text: difference.service, paint: style.bold },
    whatText(difference),
    sided(difference.a),
    sided(difference.b),
  ]);
  return renderTable(['SERVICE', 'WHAT', a.environment, b.environment], rows, style, { indent: '  ' });
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
