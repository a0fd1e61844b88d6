import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ResponseOf } from '../../api/address.ts';
import { Fact, Facts } from '../../ui/facts.tsx';
import { Section } from '../../ui/page.tsx';
import { State } from '../../ui/sign.tsx';
import styles from './compare.module.css';

type Change = ResponseOf<'compare'>['changes'][number];
type Component = Change['components'][number];

/** Of each service with another release: the commits between, packages and findings that come and go. */
export function Changes({ view: { changes, moreChanges } }: { readonly view: ResponseOf<'compare'> }) {
  if (changes.length === 0) return null;
  return (
    <Section id="changes" title="What comes with it">
      {changes.map((change) => (
        <div key={change.service} className={styles.change}>
          <h3>
            <Link to="/services/$service" params={{ service: change.service }}>
              {change.service}
            </Link>{' '}
            {change.a ?? 'not there'} → {change.b ?? 'not there'}
          </h3>
          <Facts>
            {change.a !== null && change.b !== null && (
              <Fact name="Commits">
                <Commits change={change} />
              </Fact>
            )}
            {change.components.map((component) => (
              <Brought
                key={component.component}
                component={component}
                hasBoth={change.a !== null && change.b !== null}
              />
            ))}
          </Facts>
        </div>
      ))}
      {moreChanges > 0 && <p>{moreChanges} more services have another release.</p>}
    </Section>
  );
}

function Commits({ change: { commits, repository } }: { readonly change: Change }) {
  const { a, b } = commits;
  if (a.kind === 'missing') return <Unknown why={a.why} />;
  if (b.kind === 'missing') return <Unknown why={b.why} />;
  return (
    <>
      <code>{a.value.slice(0, 12)}</code> to <code>{b.value.slice(0, 12)}</code>
      {repository.kind === 'known' && ` of ${repository.value}`}
    </>
  );
}

function Brought({ component: of, hasBoth }: { readonly component: Component; readonly hasBoth: boolean }) {
  const { component, packages, findings } = of;
  return (
    <>
      {hasBoth && (
        <Fact name={`Packages of ${component}`}>
          {packages.kind === 'missing' ? (
            <Unknown why={packages.why} />
          ) : (
            <Listed
              summary={`${packages.value.gained} gained, ${packages.value.lost} lost, ${packages.value.changed} changed`}
              total={packages.value.gained + packages.value.lost + packages.value.changed}
            >
              {packages.value.shown.map((it) => (
                <li key={it.name}>
                  <code>{it.name}</code> {it.a ?? 'not there'} → {it.b ?? 'not there'}
                </li>
              ))}
            </Listed>
          )}
        </Fact>
      )}
      <Fact name={`Findings of ${component}`}>
        {findings.kind === 'missing' ? (
          <Unknown why={findings.why} />
        ) : (
          <Listed
            summary={`${findings.value.gained} gained, ${findings.value.lost} lost`}
            total={findings.value.gained + findings.value.lost}
          >
            {findings.value.shown.map((it) => (
              <li key={`${it.id} ${it.package} ${it.change}`}>
                <State meaning={it.change === 'gained' ? 'bad' : 'good'}>{it.change}</State>{' '}
                <Link to="/findings" search={{ cve: it.id }}>
                  {it.id}
                </Link>{' '}
                {it.severity} in {it.package}
              </li>
            ))}
          </Listed>
        )}
      </Fact>
    </>
  );
}

function Listed(of: { readonly summary: string; readonly total: number; readonly children: readonly ReactNode[] }) {
  if (of.total === 0) return <>the same</>;
  const more = of.total - of.children.length;
  return (
    <details>
      <summary>{of.summary}</summary>
      <ul>
        {of.children}
        {more > 0 && <li>and {more} more</li>}
      </ul>
    </details>
  );
}

function Unknown({ why }: { readonly why: string }) {
  return <span className={styles.unknown}>not known: {why}</span>;
}
