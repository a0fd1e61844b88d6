import { useLocation } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { EnvironmentView } from '../../../../wire/environment.ts';
import { useRefusals } from '../../api/session.ts';
import type { EnvironmentSearch } from '../../search.ts';
import { SearchField, Toolbar } from '../../ui/field.tsx';
import { ShowMore } from '../../ui/page.tsx';
import { Empty } from '../../ui/panel.tsx';
import { ServicesTable } from './services-table.tsx';
import { servicesOf } from './services.ts';

/** Changes what stands in the address of an environment's page. */
export type PutSearch = (change: { readonly [K in keyof EnvironmentSearch]?: string | undefined }) => void;

/** How many services are shown at first, and how many come with each "Show more". */
const pageSize = 50;

interface Props {
  readonly view: EnvironmentView;
  readonly search: EnvironmentSearch;
  readonly put: PutSearch;
}

/** The services of an environment, with a search. */
export function Services({ view, search: { q = '' }, put }: Props) {
  const { spec, components, name } = view;
  const services = useMemo(() => servicesOf({ spec, components }, q), [spec, components, q]);
  const pointedAt = usePointedAt();
  const refusals = useRefusals('read-logs');
  const [limit, setLimit] = useState(pageSize);
  const onLogs = useCallback((service: string) => put({ logs: service }), [put]);
  const onSearch = useCallback((text: string | undefined) => put({ q: text }), [put]);
  if (Object.keys(spec).length === 0 && components.length === 0) return <NoServices environment={name} />;
  const reach = Math.max(limit, services.findIndex(({ service }) => service === pointedAt) + 1);
  const shown = services.slice(0, reach);
  return (
    <>
      <Toolbar label="Services of this environment">
        <SearchField label="Search services" value={q} placeholder="Part of a name" onChange={onSearch} />
      </Toolbar>
      {shown.length === 0 ? (
        <Empty title={`No service here has “${q}” in its name.`} />
      ) : (
        <ServicesTable
          services={shown}
          pointedAt={pointedAt}
          refusalOf={(service) => refusals({ environment: name, services: [service] })}
          onLogs={onLogs}
        />
      )}
      <ShowMore
        shown={shown.length}
        total={services.length}
        what="services"
        hasMore={shown.length < services.length}
        isLoading={false}
        onMore={() => setLimit(reach + pageSize)}
      />
    </>
  );
}

function NoServices({ environment }: { readonly environment: string }) {
  return (
    <Empty title="It is to run nothing.">
      <p>A service comes here by naming a release of it:</p>
      <pre>{`dray deploy ${environment} --set SERVICE=VERSION`}</pre>
    </Empty>
  );
}

/** The service that the address points at (`#service-cart`), brought into sight when the page opens or that changes. */
function usePointedAt(): string | null {
  const { hash } = useLocation();
  useEffect(() => {
    if (hash.startsWith('service-')) document.getElementById(hash)?.scrollIntoView({ block: 'center' });
  }, [hash]);
  return hash.startsWith('service-') ? hash.slice('service-'.length) : null;
}
