import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { namePattern, versionPattern } from '../../../core/name-patterns.ts';
import type { CallInput, ResponseOf } from '../api/address.ts';
import { comparisonQuery } from '../api/queries.ts';
import { readCompareSearch, type CompareSearch } from '../search.ts';
import { SearchField, Toolbar } from '../ui/field.tsx';
import { heads } from '../ui/heads.tsx';
import { Bones, Page, Section } from '../ui/page.tsx';
import { Empty } from '../ui/panel.tsx';
import { Stale } from '../ui/stale.tsx';
import { Table } from '../ui/table.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { Changes } from './compare/changes.tsx';

const route = getRouteApi('/shell/compare');

type Subject = NonNullable<CallInput<'compare'>['body']>['a'];
type Comparison = ResponseOf<'compare'>;

/** Two environments, or two releases, side by side: what one has and the other has not. */
export function ComparePage() {
  const search = route.useSearch();
  const [a, b] = [subjectOf(search.a), subjectOf(search.b)];
  return (
    <Page title="Compare">
      <Filters search={search} />
      {a === null || b === null ? (
        <Empty title="Name two environments, or two releases.">
          <p>An environment is written by its name, a release as service@version.</p>
        </Empty>
      ) : (
        <Compared a={a} b={b} />
      )}
    </Page>
  );
}

function subjectOf(text: string | undefined): Subject | null {
  const [service = '', version] = (text ?? '').split('@', 2);
  if (!namePattern.test(service)) return null;
  if (version === undefined) return { kind: 'environment', environment: service };
  return versionPattern.test(version) ? { kind: 'release', service, version } : null;
}

function Filters({ search: { a, b } }: { readonly search: CompareSearch }) {
  const navigate = route.useNavigate();
  const put = (part: { readonly [K in keyof CompareSearch]: CompareSearch[K] | undefined }) =>
    void navigate({ search: (before) => readCompareSearch({ ...before, ...part }), replace: true });
  return (
    <Toolbar label="What is compared">
      <SearchField label="Compare" placeholder="test, or cart@1.4.1" value={a} onChange={(text) => put({ a: text })} />
      <SearchField label="With" placeholder="prod, or cart@1.4.2" value={b} onChange={(text) => put({ b: text })} />
    </Toolbar>
  );
}

function Compared({ a, b }: { readonly a: Subject; readonly b: Subject }) {
  const query = useQuery(comparisonQuery(a, b));
  if (query.data === undefined) return query.error === null ? <Bones rows={6} /> : <Trouble error={query.error} />;
  return (
    <>
      <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
      <Differences view={query.data} />
      <Changes view={query.data} />
    </>
  );
}

function nameOf(side: Comparison['a']): string {
  if (side.kind === 'release') return `${side.service}@${side.version}`;
  return side.kind === 'environment' ? `${side.environment} (revision ${side.revision})` : side.name;
}

function Differences({ view: { a, b, differences } }: { readonly view: Comparison }) {
  const undeclared = differences.filter(({ declared }) => !declared);
  const declared = differences.filter((difference) => difference.declared);
  return (
    <>
      <Section id="differences" title={`Differences: ${undeclared.length}`}>
        {undeclared.length === 0 ? (
          <p>{differences.length === 0 ? 'There is none.' : 'There is none that was not declared.'}</p>
        ) : (
          <DifferenceTable label="Differences" names={[nameOf(a), nameOf(b)]} differences={undeclared} />
        )}
      </Section>
      {declared.length > 0 && (
        <Section id="declared" title={`Declared to differ: ${declared.length}`}>
          <DifferenceTable label="Declared to differ" names={[nameOf(a), nameOf(b)]} differences={declared} />
        </Section>
      )}
    </>
  );
}

interface TableProps {
  readonly label: string;
  readonly names: readonly [string, string];
  readonly differences: Comparison['differences'];
}

function DifferenceTable({ label, names: [a, b], differences }: TableProps) {
  return (
    <Table label={label} head={heads('Service', 'What', a, a === b ? `${b} again` : b)}>
      {differences.map((difference) => (
        <tr key={`${difference.service} ${difference.what} ${difference.name}`}>
          <th scope="row">{difference.service}</th>
          <td>
            {difference.what} {difference.name !== null && <code>{difference.name}</code>}
          </td>
          <td>
            <Sided value={difference.a} />
          </td>
          <td>
            <Sided value={difference.b} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Sided({ value }: { readonly value: Comparison['differences'][number]['a'] }) {
  if (value === null) return <>none</>;
  const short = value.value.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
  return (
    <>
      <code>{short === '' ? '(empty)' : short}</code>
      {value.source !== undefined && ` (${value.source})`}
    </>
  );
}
