import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ResponseOf } from '../api/address.ts';
import { releaseQuery } from '../api/queries.ts';
import { CodeBlock } from '../ui/code-block.tsx';
import { Digest } from '../ui/copy.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { heads } from '../ui/heads.tsx';
import { Bones, Page, Section } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { Stale } from '../ui/stale.tsx';
import { Table } from '../ui/table.tsx';
import { Age, Moment } from '../ui/time.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { Bill, EvidenceTable, FindingCounts } from './release/bill.tsx';
import { Signatures } from './release/signatures.tsx';
import { Pairs } from './release/pairs.tsx';

const route = getRouteApi('/shell/releases/$service/$version');

type Release = ResponseOf<'getRelease'>;

/** One release: what it is made of, for ever, and where it runs now. */
export function ReleasePage() {
  const { service, version } = route.useParams();
  const query = useQuery(releaseQuery(service, version));
  return (
    <Page
      title={`${service} ${version}`}
      heading={
        <>
          <Link to="/releases" search={{ service }}>
            {service}
          </Link>{' '}
          {version}
        </>
      }
    >
      {query.data === undefined && (query.error === null ? <Bones rows={8} /> : <Trouble error={query.error} />)}
      {query.data !== undefined && (
        <>
          <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
          <Parts release={query.data} />
        </>
      )}
    </Page>
  );
}

function Parts({ release }: { readonly release: Release }) {
  const { warnings, source } = release;
  return (
    <>
      {warnings.map((warning) => (
        <Panel key={warning} meaning="warn">
          {warning}
        </Panel>
      ))}
      {release.standings
        .filter(({ lacks }) => lacks.length > 0)
        .map(({ environment, lacks }) => (
          <Panel key={environment} meaning="warn">
            <p>
              It runs in{' '}
              <Link to="/environments/$environment" params={{ environment }}>
                {environment}
              </Link>
              , which would refuse it now: {lacks.join('; ')}.
            </p>
          </Panel>
        ))}
      <Record release={release} />
      <Bill bom={release.bom} />
      <Section id="images" title="Images">
        <Images release={release} />
      </Section>
      <FindingCounts release={release} />
      <Signatures signatures={release.signatures} />
      <Section id="parameters" title="Parameters">
        <Parameters release={release} />
      </Section>
      <Pairs id="files" title="Files" none="It brings no files." pairs={release.files} isDigest />
      <Pairs id="meta" title="Facts from its build" none="Its build told nothing." pairs={release.meta} />
      <EvidenceTable evidence={release.evidence} />
      <Section id="source" title="Definition">
        <CodeBlock label={source.name} text={source.text} />
      </Section>
    </>
  );
}

function Record({ release }: { readonly release: Release }) {
  const { service, identity, runsIn, registeredAt, actor, actorName, receipt } = release;
  return (
    <Facts>
      <Fact name="Runs in">
        {runsIn.length === 0 && 'no environment'}
        {runsIn.map((environment, index) => (
          <span key={environment}>
            {index > 0 && ', '}
            <Link to="/environments/$environment" params={{ environment }}>
              {environment}
            </Link>
          </span>
        ))}
      </Fact>
      <Fact name="Identity">
        <Digest digest={identity} label="the release's identity" />
      </Fact>
      <Fact name="Registered">
        <Moment at={registeredAt} /> (<Age at={registeredAt} />) by <span title={actor}>{actorName}</span>
      </Fact>
      <Fact name="Receipt">
        entry {receipt.sequence}, <Digest digest={receipt.hash} label="the entry's hash" />
      </Fact>
      <Fact name="See also">
        <Link to="/deployments" search={{ service }}>
          deployments of {service}
        </Link>
        {', '}
        <Link to="/releases" search={{ service }}>
          all its releases
        </Link>
        {', '}
        <Link to="/services/$service" params={{ service }}>
          its defect rate
        </Link>
      </Fact>
    </Facts>
  );
}

function Images({ release: { images } }: { readonly release: Release }) {
  return (
    <Table label="Images" head={heads('Component', 'Image', 'Digest', 'Health check')}>
      {Object.entries(images).map(([component, { reference, resolved, hasHealthCheck }]) => (
        <tr key={component}>
          <th scope="row">{component}</th>
          <td>
            <code>{reference}</code>
          </td>
          <td>
            <Digest digest={resolved.split('@').at(-1) ?? resolved} label={`the digest of ${component}`} />
          </td>
          <td>{hasHealthCheck === null ? 'not known' : hasHealthCheck ? 'in the image' : 'none in the image'}</td>
        </tr>
      ))}
    </Table>
  );
}

function Parameters({ release: { parameters } }: { readonly release: Release }) {
  if (parameters.length === 0) return <p>It has no parameters.</p>;
  return (
    <Table label="Parameters" head={heads('Name', 'Type', 'Value from the environment', 'Default', 'What it is for')}>
      {parameters.map(({ name, type, required, values, default: value, description }) => (
        <tr key={name}>
          <th scope="row">
            <code>{name}</code>
          </th>
          <td>{values === undefined ? type : values.join(' | ')}</td>
          <td>{required ? 'needed' : 'optional'}</td>
          <td>{value === undefined ? '' : <code>{value === '' ? '(empty)' : value}</code>}</td>
          <td>{description ?? ''}</td>
        </tr>
      ))}
    </Table>
  );
}
