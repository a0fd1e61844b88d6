import { pictureStyle } from '../picture-style.ts';

/** What one host costs among so many that are deployed to at once. */
export interface HostCost {
  readonly hosts: number;
  /** Of the server's processor time. */
  readonly ms: number;
  /** The most memory of the server. */
  readonly mib: number;
}

const width = 960;
const left = 60;
const gap = 70;
const top = 70;
const plotHeight = 220;
const bottom = 56;
const panelWidth = (width - left - gap - 30) / 2;

/** The costs among the facts of the soak's part `hosts`: `1000 hosts: 0.42 ms of CPU a host, at most 230 MiB; ...`. */
export function hostCostsIn(facts: readonly string[]): readonly HostCost[] {
  return facts.flatMap((fact) => {
    const found = /^(\d+) hosts: ([\d.]+) ms of CPU a host, at most (\d+) MiB/.exec(fact);
    return found === null ? [] : [{ hosts: Number(found[1]), ms: Number(found[2]), mib: Number(found[3]) }];
  });
}

/** The costs as a picture (SVG 1.1): processor time a host, and memory in all, by hosts on a logarithmic scale. */
export function drawCurve(costs: readonly HostCost[]): string {
  const sorted = costs.toSorted((a, b) => a.hosts - b.hosts);
  const title = 'What one deployment to many hosts costs the server';
  const height = top + plotHeight + bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${pictureStyle}\n  .curve { fill: none; stroke: var(--good); stroke-width: 2; }</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text x="16" y="26" font-size="16" font-weight="600">${title}</text>`,
    ...panel(sorted, { x: left, label: 'ms of processor time a host', of: (cost) => cost.ms }),
    ...panel(sorted, { x: left + panelWidth + gap, label: 'MiB of memory in all', of: (cost) => cost.mib }),
    '</svg>',
    '',
  ].join('\n');
}

function panel(
  costs: readonly HostCost[],
  { x, label, of }: { readonly x: number; readonly label: string; readonly of: (cost: HostCost) => number },
): readonly string[] {
  const most = Math.max(...costs.map(of));
  const [least, largest] = [costs[0]?.hosts ?? 1, costs.at(-1)?.hosts ?? 1];
  const span = Math.log(largest / least) || 1;
  const across = (hosts: number) => x + 20 + (Math.log(hosts / least) / span) * (panelWidth - 60);
  const down = (value: number) => top + plotHeight - (value / most) * (plotHeight - 24);
  const base = top + plotHeight;
  return [
    `<text class="quiet" x="${at(x)}" y="${top - 18}">${label}</text>`,
    `<line class="line" x1="${at(x)}" x2="${at(x + panelWidth)}" y1="${base}" y2="${base}"/>`,
    `<polyline class="curve" points="${costs.map((cost) => `${at(across(cost.hosts))},${at(down(of(cost)))}`).join(' ')}"/>`,
    ...costs.flatMap((cost) => [
      `<circle class="good" cx="${at(across(cost.hosts))}" cy="${at(down(of(cost)))}" r="4"/>`,
      `<text text-anchor="middle" x="${at(across(cost.hosts))}" y="${at(down(of(cost)) - 10)}">${of(cost)}</text>`,
      `<text class="quiet" text-anchor="middle" x="${at(across(cost.hosts))}" y="${base + 18}">${cost.hosts.toLocaleString('en')}</text>`,
    ]),
    `<text class="quiet" text-anchor="middle" x="${at(x + panelWidth / 2)}" y="${base + 40}">hosts</text>`,
  ];
}

function at(value: number): string {
  return value.toFixed(1);
}
