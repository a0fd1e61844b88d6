import type { ResponseOf } from '../../api/address.ts';
import styles from './service.module.css';

type Release = ResponseOf<'getService'>['releases'][number];

const [height, step, bar] = [120, 36, 20];

/** The defect rate of each release as a bar, the oldest first; what is not known has a hollow mark. A table says the same. */
export function RateChart({ releases }: { readonly releases: readonly Release[] }) {
  const all = releases.toReversed();
  const most = Math.max(0, ...all.map(({ rate }) => (rate.kind === 'known' ? rate.value : 0)));
  const known = all.flatMap(({ version, rate }) => (rate.kind === 'known' ? [{ version, value: rate.value }] : []));
  if (known.length === 0) return <p>No release has a known rate yet.</p>;
  const [first, last] = [known[0], known.at(-1)];
  const label = `Defect rate of ${known.length} of ${all.length} releases, the oldest first: from ${first?.value.toFixed(1)} (${first?.version}) to ${last?.value.toFixed(1)} (${last?.version})`;
  const width = all.length * step;
  const inset = (step - bar) / 2;
  return (
    <div className={styles.chart}>
      <svg viewBox={`0 0 ${width} ${height + 18}`} width={width} height={height + 18} role="img" aria-label={label}>
        {all.map((release, index) => (
          <Bar key={release.version} release={release} x={index * step + inset} most={most} />
        ))}
        <line x1="0" x2={width} y1={height} y2={height} className={styles.axis} />
      </svg>
    </div>
  );
}

function Bar({
  release: { version, rate },
  x,
  most,
}: {
  readonly release: Release;
  readonly x: number;
  readonly most: number;
}) {
  if (rate.kind === 'missing') {
    return (
      <text x={x + bar / 2} y={height - 4} textAnchor="middle" className={styles.mark}>
        ?<title>{`${version}: unknown: ${rate.why}`}</title>
      </text>
    );
  }
  const tall = most === 0 ? 2 : Math.max(2, (rate.value / most) * (height - 20));
  return (
    <>
      <rect x={x} y={height - tall} width={bar} height={tall} className={styles.bar}>
        <title>{`${version}: ${rate.value.toFixed(1)}`}</title>
      </rect>
      <text x={x + bar / 2} y={height - tall - 4} textAnchor="middle" className={styles.mark}>
        {rate.value.toFixed(1)}
      </text>
    </>
  );
}
