import { sourceText } from '../../core/parameter/resolve.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ConfigChange, ParameterChange } from '../../wire/plan.ts';
import { printable, type Style } from '../style.ts';
import { cut, renderTable } from '../table.ts';
import { spotName } from './words.ts';

const valueWidth = 60;

/** What becomes of parameters: each with its value and source before and after. */
export function renderParameters(changes: readonly ParameterChange[], style: Style): string {
  const rows = changes.map(({ service, parameter, from, to }) => [
    { text: service, paint: style.bold },
    parameter,
    { text: sided(from), paint: style.dim },
    '->',
    sided(to),
  ]);
  return `${style.bold('Parameters')}\n${renderTable([], rows, style, { indent: '  ' })}`;
}

function sided(value: ParameterChange['from']): string {
  if (value === null) return '(none)';
  const text = value.value === '' ? '""' : printable(value.value);
  return `${cut(text, valueWidth)} (${sourceText(value)})`;
}

/** What of a config's content changes, line by line. */
export function renderConfig({ service, component, config, from, to, diff }: ConfigChange, style: Style): string {
  const word = from === null ? ' (new)' : to === null ? ' (gone)' : '';
  const title = `${style.bold(`Config ${config}`)} of ${spotName({ service, component })}${word}`;
  return [title, ...diffLines(diff, style).map((line) => `  ${line}`)].join('\n');
}

function diffLines(diff: ConfigChange['diff'], style: Style): readonly string[] {
  switch (diff.kind) {
    case 'binary':
      return [style.dim('it is no text; its content changes')];
    case 'too-large':
      return [style.dim('too large to compare; its content changes')];
    case 'text': {
      const hunks = diff.hunks.map((hunk) => hunk.map((line) => diffLine(line, style)));
      const lines = hunks.flatMap((hunk, index) => (index === 0 ? hunk : [style.dim('...'), ...hunk]));
      return diff.isCut ? [...lines, style.dim('... and more')] : lines;
    }
    default:
      return unreachable(diff);
  }
}

function diffLine({ kind, text }: { readonly kind: string; readonly text: string }, style: Style): string {
  const line = printable(text);
  if (kind === 'removed') return style.red(`- ${line}`);
  return kind === 'added' ? style.green(`+ ${line}`) : `  ${line}`;
}
