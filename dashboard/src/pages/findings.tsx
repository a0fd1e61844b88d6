import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ResponseOf } from '../api/address.ts';
import { refusalsQuery, whereQuery } from '../api/queries.ts';
import { readFindingsSearch } from '../search.ts';
import { SearchField, Toolbar } from '../ui/field.tsx';
import { heads } from '../ui/heads.tsx';
import { Bones, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import { Trouble } from '../ui/trouble.tsx';

const route = getRouteApi('/shell/findings');

type Found = ResponseOf<'whereIs'>['releases'][number];

/** Where a vulnerability runs, and what runs though it would be refused now. */
export function FindingsPage() {
  const { cve } = route.useSearch();
  const navigate = route.useNavigate();
  const onChange = (text: string | undefined) =>
    void navigate({ search: readFindingsSearch({ cve: text }), replace: true });
  return (
    <Page title="Findings">
      <Section id="where" title="Where does it run?">
        <Toolbar label="Vulnerability">
          <SearchField label="Vulnerability" placeholder="CVE-2026-1234" value={cve} onChange={onChange} />
        </Toolbar>
        {cve !== undefined && <Where vulnerability={cve} />}
      </Section>
      <Refused />
    </Page>
  );
}

function Where({ vulnerability }: { readonly vulnerability: string }) {
  const query = useQuery(whereQuery(vulnerability));
  if (query.data === undefined) return query.error === null ? <Bones rows={3} /> : <Trouble error={query.error} />;
  const { releases } = query.data;
  if (releases.length === 0) return <p>No newest report of any release names {query.data.vulnerability}.</p>;
  return (
    <Table
      label={query.data.vulnerability}
      head={heads('Release', 'Runs in', 'Package', 'Severity', 'State', 'Fixed in')}
    >
      {releases.flatMap((release) =>
        release.findings.map((finding) => (
          <tr
            key={`${release.service}@${release.version} ${finding.image} ${finding.tool} ${finding.package} ${finding.version}`}
          >
            <th scope="row">
              <Link to="/releases/$service/$version" params={{ service: release.service, version: release.version }}>
                {release.service} {release.version}
              </Link>
            </th>
            <td>{release.runsIn.length === 0 ? 'nowhere' : release.runsIn.join(', ')}</td>
            <td>
              {finding.package} {finding.version ?? ''}
            </td>
            <td>{finding.severity}</td>
            <td>{stateText(finding.state)}</td>
            <td>{finding.fixedIn ?? 'not known'}</td>
          </tr>
        )),
      )}
    </Table>
  );
}

function stateText(state: Found['findings'][number]['state']): string {
  if (state.kind === 'open') return 'open';
  if (state.kind === 'waived')
    return `waived until ${new Date(state.until).toISOString().slice(0, 10)}: ${state.reason}`;
  return state.why === null ? 'not affected' : `not affected: ${state.why}`;
}

function Refused() {
  const query = useQuery(refusalsQuery);
  return (
    <Section id="refused" title="Runs, and would be refused now">
      {query.data === undefined && (query.error === null ? <Bones rows={3} /> : <Trouble error={query.error} />)}
      {query.data?.items.length === 0 && query.data.unreadable.length === 0 && (
        <p>Nothing that runs would be refused by its environment.</p>
      )}
      {query.data !== undefined && query.data.items.length > 0 && (
        <Table label="Runs, and would be refused now" head={heads('Environment', 'Release', 'What it lacks')}>
          {query.data.items.map(({ environment, service, version, lacks }) => (
            <tr key={`${environment} ${service}`}>
              <th scope="row">
                <Link to="/environments/$environment" params={{ environment }}>
                  {environment}
                </Link>
              </th>
              <td>
                <Link to="/releases/$service/$version" params={{ service, version }}>
                  {service} {version}
                </Link>
              </td>
              <td>{lacks.join('; ')}</td>
            </tr>
          ))}
        </Table>
      )}
      {query.data?.unreadable.map(({ service, version, why }) => (
        <p key={`${service} ${version}`}>
          How {service} {version} stands is not known: {why}.
        </p>
      ))}
      {query.data !== undefined && query.data.unseen > 0 && <p>{query.data.unseen} releases were not looked at.</p>}
    </Section>
  );
}
