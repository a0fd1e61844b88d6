import { varietyKinds } from '../../core/evidence/variety.ts';
import type { VarietyView } from '../../wire/variety.ts';
import type { Style } from '../style.ts';
import { renderTable, type Cell } from '../table.ts';
import { age } from '../time.ts';
import { count } from './words.ts';

type Item = VarietyView['items'][number];

const titles = { base: 'Base images', language: 'Languages', framework: 'Frameworks' } as const;
const usesMost = 3;
const gapsMost = 20;

/** What is in use, by kind, against the allowed list; what nobody knows is said. */
export function renderVariety({ items, gaps, unseen }: VarietyView, style: Style, nowMs: number): string {
  const blocks = varietyKinds.map((kind) => {
    const own = items.filter((item) => item.kind === kind);
    const rows = own.map((item) => rowOf(item, style, nowMs));
    const title = style.bold(titles[kind]);
    return own.length === 0
      ? `${title}\n  none is known`
      : `${title}\n${renderTable([], rows, style, { indent: '  ' })}`;
  });
  if (gaps.length > 0) blocks.push(gapsBlock(gaps, style));
  if (unseen > 0)
    blocks.push(style.yellow(`${count(unseen, 'release')} that run were not looked at: there are too many.`));
  return blocks.join('\n\n');
}

function rowOf(item: Item, style: Style, nowMs: number): readonly Cell[] {
  const { kind, name, allowed, createdAt, versions, uses } = item;
  const mark: Cell =
    allowed === null
      ? { text: 'no list', paint: style.dim }
      : allowed
        ? { text: 'allowed', paint: style.green }
        : { text: 'not allowed', paint: style.red };
  const told =
    kind === 'base' ? (createdAt === null ? 'age unknown' : `${age(createdAt, nowMs)} old`) : versions.join(', ');
  const named = uses.slice(0, usesMost).map((use) => `${use.service}@${use.version} (${use.environments.join(', ')})`);
  const more = uses.length > usesMost ? `, and ${uses.length - usesMost} more` : '';
  return [{ text: name, paint: style.bold }, mark, told, `${[...new Set(named)].join(', ')}${more}`];
}

function gapsBlock(gaps: VarietyView['gaps'], style: Style): string {
  const rows = gaps
    .slice(0, gapsMost)
    .map(({ kind, service, version, component, why }) => [
      `${kind} of ${service}@${version}/${component}`,
      { text: why, paint: style.yellow },
    ]);
  const more = gaps.length > gapsMost ? `\n${style.dim(`  and ${gaps.length - gapsMost} more; --json has all`)}` : '';
  return `${style.bold(`Not known: ${count(gaps.length, 'thing')}`)}\n${renderTable([], rows, style, { indent: '  ' })}${more}`;
}
