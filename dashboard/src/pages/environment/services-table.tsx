import { memo } from 'react';
import type { ComponentStatus } from '../../../../wire/environment.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton, shortDigest } from '../../ui/copy.tsx';
import { useFollow } from '../../ui/follow.ts';
import { healthWords } from '../../ui/meaning.ts';
import { State } from '../../ui/sign.tsx';
import { Table } from '../../ui/table.tsx';
import { Tag } from '../../ui/tag.tsx';
import styles from './environment.module.css';
import { imageParts, settingsOf, type ServiceHere } from './services.ts';

interface Props {
  readonly services: readonly ServiceHere[];
  /** The service that the address points at. */
  readonly pointedAt: string | null;
  readonly refusalOf: (service: string) => string | null;
  readonly onLogs: (service: string) => void;
}

/** What each service is to run, and below it what was seen of each of its components. */
export function ServicesTable({ services, pointedAt, refusalOf, onLogs }: Props) {
  const follow = useFollow();
  return (
    <Table
      label="Services"
      className={styles.services}
      onClick={follow}
      head={
        <>
          <th scope="col">Component</th>
          <th scope="col">State</th>
          <th scope="col" className={styles.running}>
            Running
          </th>
          <th scope="col">Release</th>
          <th scope="col">Image</th>
          <th scope="col">Cluster</th>
        </>
      }
      bodies={services.map((each) => (
        <ServiceRows
          key={each.service}
          here={each}
          isPointedAt={each.service === pointedAt}
          refusal={refusalOf(each.service)}
          onLogs={onLogs}
        />
      ))}
    />
  );
}

interface ServiceRowsProps {
  readonly here: ServiceHere;
  readonly isPointedAt: boolean;
  readonly refusal: string | null;
  readonly onLogs: (service: string) => void;
}

const ServiceRows = memo(function ServiceRows({ here, isPointedAt, refusal, onLogs }: ServiceRowsProps) {
  const { service, asked, components } = here;
  return (
    <tbody id={`service-${service}`} className={isPointedAt ? styles.pointedAt : undefined}>
      <tr className={styles.service}>
        <th scope="rowgroup" colSpan={5}>
          <div className={styles.asked}>
            <span className={styles.name}>{service}</span>
            <Asked service={service} asked={asked} />
          </div>
        </th>
        <td className={styles.act}>
          <Button refusal={refusal} onClick={() => onLogs(service)} label={`Log of ${service}`}>
            Log
          </Button>
        </td>
      </tr>
      {components.length === 0 && (
        <tr>
          <td colSpan={6} className={styles.quiet}>
            Nothing of it was seen yet.
          </td>
        </tr>
      )}
      {components.map((component) => (
        <ComponentRow key={`${component.cluster}/${component.component}`} status={component} />
      ))}
    </tbody>
  );
});

function Asked({ service, asked }: Pick<ServiceHere, 'service' | 'asked'>) {
  if (asked === null) return <Tag>not in the spec</Tag>;
  const settings = settingsOf(asked);
  return (
    <>
      <a href={`/releases/${encodeURIComponent(service)}/${encodeURIComponent(asked.version)}`}>{asked.version}</a>
      {settings.length > 0 && (
        <ul className={styles.settings} aria-label={`Settings of ${service}`}>
          {settings.map((setting) => (
            <li key={setting}>{setting}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function ComponentRow({ status }: { readonly status: ComponentStatus }) {
  const { component, health, running, replicas, release, settled, image, cluster, message } = status;
  const { meaning, word } = healthWords[health];
  const { name, digest } = imageParts(image);
  return (
    <tr>
      <th scope="row" className={styles.component}>
        {component}
      </th>
      <td>
        <State meaning={meaning}>{word}</State>
        {message !== null && <Message text={message} />}
      </td>
      <td className={styles.running}>
        {running ?? '?'} of {replicas}
      </td>
      <td>
        {release}
        {!settled && <p className={styles.quiet}>changing, or not known</p>}
      </td>
      <td>
        <span className={styles.image}>
          <code title={image}>{name}</code>
          {digest !== null && <code className={styles.quiet}>{shortDigest(digest)}</code>}
          <CopyButton text={image} label={`Copy image of ${status.service} ${component}`} />
        </span>
      </td>
      <td>{cluster}</td>
    </tr>
  );
}

/** How much of an engine's words stands there unasked, in characters. */
const unaskedMost = 240;

function Message({ text }: { readonly text: string }) {
  if (text.length <= unaskedMost) return <p className={styles.message}>{text}</p>;
  return (
    <details className={styles.message}>
      <summary>{text.slice(0, unaskedMost)}…</summary>
      {text}
    </details>
  );
}
