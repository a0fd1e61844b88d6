import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ResponseOf } from '../api/address.ts';
import { varietyQuery } from '../api/queries.ts';
import { heads } from '../ui/heads.tsx';
import { Bones, Page, Section } from '../ui/page.tsx';
import { State } from '../ui/sign.tsx';
import { Stale } from '../ui/stale.tsx';
import { Table } from '../ui/table.tsx';
import { Age } from '../ui/time.tsx';
import { Trouble } from '../ui/trouble.tsx';

type Variety = ResponseOf<'variety'>;
type Item = Variety['items'][number];

const kinds = [
  { kind: 'base', title: 'Base images' },
  { kind: 'language', title: 'Languages' },
  { kind: 'framework', title: 'Frameworks' },
] as const;

/** At most so many releases are named on a line. */
const usesMost = 8;

/** Base images, languages and frameworks of all that the environments are to run. */
export function VarietyPage() {
  const query = useQuery(varietyQuery);
  return (
    <Page title="Variety">
      {query.data === undefined && (query.error === null ? <Bones rows={8} /> : <Trouble error={query.error} />)}
      {query.data !== undefined && (
        <>
          <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
          {kinds.map(({ kind, title }) => (
            <Section key={kind} id={kind} title={title}>
              <Items title={title} items={query.data.items.filter((item) => item.kind === kind)} />
            </Section>
          ))}
          <Gaps view={query.data} />
        </>
      )}
    </Page>
  );
}

function Items({ title, items }: { readonly title: (typeof kinds)[number]['title']; readonly items: readonly Item[] }) {
  if (items.length === 0) return <p>None is known.</p>;
  const column = { 'Base images': 'Age', Languages: null, Frameworks: 'Versions' }[title];
  return (
    <Table label={title} head={heads('Name', 'Allowed', ...(column === null ? [] : [column]), 'Used by')}>
      {items.map(({ name, allowed, createdAt, versions, uses }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>
            {allowed === null ? (
              'no list'
            ) : (
              <State meaning={allowed ? 'good' : 'bad'}>{allowed ? 'allowed' : 'not allowed'}</State>
            )}
          </td>
          {column === 'Age' && <td>{createdAt === null ? 'unknown' : <Age at={createdAt} />}</td>}
          {column === 'Versions' && <td>{versions.join(', ')}</td>}
          <td>
            {uses.slice(0, usesMost).map(({ service, version, component, environments }, index) => (
              <span key={`${service} ${version} ${component}`}>
                {index > 0 && ', '}
                <Link to="/releases/$service/$version" params={{ service, version }}>
                  {service} {version}
                </Link>{' '}
                ({environments.join(', ')})
              </span>
            ))}
            {uses.length > usesMost && ` and ${uses.length - usesMost} more`}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Gaps({ view: { gaps, unseen } }: { readonly view: Variety }) {
  const byWhy = Map.groupBy(gaps, ({ kind, service, version }) => `${kind} of ${service}@${version}`);
  return (
    <Section id="unknown" title="Not known">
      {gaps.length === 0 ? (
        <p>Everything is known.</p>
      ) : (
        <details>
          <summary>{gaps.length} answers that no evidence gives</summary>
          <ul>
            {[...byWhy].map(([what, all]) => (
              <li key={what}>
                {what}: {[...new Set(all.map(({ why }) => why))].join('; ')}
              </li>
            ))}
          </ul>
        </details>
      )}
      {unseen > 0 && <p>{unseen} releases were not looked at.</p>}
    </Section>
  );
}
