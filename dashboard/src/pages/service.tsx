import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ResponseOf } from '../api/address.ts';
import { serviceQuery } from '../api/queries.ts';
import { heads } from '../ui/heads.tsx';
import { Bones, Page, Section } from '../ui/page.tsx';
import { Stale } from '../ui/stale.tsx';
import { Table } from '../ui/table.tsx';
import { Age } from '../ui/time.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { RateChart } from './service/rate-chart.tsx';
import styles from './service/service.module.css';

const route = getRouteApi('/shell/services/$service');

type Service = ResponseOf<'getService'>;

/** A service: its releases, and whether they have fewer defects. */
export function ServicePage() {
  const { service } = route.useParams();
  const query = useQuery(serviceQuery(service));
  return (
    <Page title={service}>
      {query.data === undefined && (query.error === null ? <Bones rows={6} /> : <Trouble error={query.error} />)}
      {query.data !== undefined && (
        <>
          <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
          <Rates view={query.data} />
        </>
      )}
    </Page>
  );
}

function Rates({ view: { service, releases, hasMore } }: { readonly view: Service }) {
  return (
    <Section id="defects" title="Defect rate">
      <p>
        Critical and high findings per 10,000 lines of code, waived ones too. What was not scanned or counted has none.
      </p>
      <RateChart releases={releases} />
      <Table label="Releases" head={heads('Release', 'Age', 'Runs in', 'Lines', 'Critical', 'High', 'Rate', 'Before')}>
        {releases.map(({ version, registeredAt, runsIn, lines, defects, rate }, index) => (
          <tr key={version}>
            <th scope="row">
              <Link to="/releases/$service/$version" params={{ service, version }}>
                {version}
              </Link>
            </th>
            <td>
              <Age at={registeredAt} />
            </td>
            <td>{runsIn.length === 0 ? 'nowhere' : runsIn.join(', ')}</td>
            <td>{lines.kind === 'known' ? lines.value.toLocaleString('en') : 'unknown'}</td>
            <td>{defects.kind === 'known' ? defects.value.critical : 'unknown'}</td>
            <td>{defects.kind === 'known' ? defects.value.high : 'unknown'}</td>
            <td>
              {rate.kind === 'known' ? (
                rate.value.toFixed(1)
              ) : (
                <span className={styles.unknown}>unknown: {rate.why}</span>
              )}
            </td>
            <td>
              <Before service={service} version={version} before={releases[index + 1]?.version} />
            </td>
          </tr>
        ))}
      </Table>
      {hasMore && <p>Older releases are not shown.</p>}
    </Section>
  );
}

interface BeforeProps {
  readonly service: string;
  readonly version: string;
  readonly before: string | undefined;
}

function Before({ service, version, before }: BeforeProps) {
  if (before === undefined) return null;
  return (
    <Link to="/compare" search={{ a: `${service}@${before}`, b: `${service}@${version}` }}>
      compare with {before}
    </Link>
  );
}
