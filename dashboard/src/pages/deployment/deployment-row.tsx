import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { DeploymentSummary } from '../../../../wire/deployment.ts';
import { deploymentWords } from '../../ui/meaning.ts';
import { State } from '../../ui/sign.tsx';
import { Age, Running, spanText } from '../../ui/time.tsx';
import styles from './deployments.module.css';

const servicesShown = 3;

/** A line of a list of deployments. */
export const DeploymentRow = memo(function DeploymentRow({ deployment }: { readonly deployment: DeploymentSummary }) {
  const { id, environment, services, reason, actor, actorName, acceptedAt, endedAt } = deployment;
  const words = deploymentWords(deployment);
  const more = services.length - servicesShown;
  return (
    <tr>
      <td className={styles.state}>
        <State meaning={words.meaning}>{words.word}</State>
      </td>
      <td className={styles.id}>
        <Link to="/deployments/$deployment" params={{ deployment: id }}>
          <code>{id}</code>
        </Link>
      </td>
      <td className={styles.environment}>
        <Link to="/environments/$environment" params={{ environment }}>
          {environment}
        </Link>
      </td>
      <td className={styles.services}>
        {services.slice(0, servicesShown).join(', ')}
        {more > 0 && <span className={styles.quiet}> and {more} more</span>}
      </td>
      <td className={styles.reason} title={reason}>
        <span className={styles.clamped}>{reason}</span>
      </td>
      <td className={styles.by} title={actor}>
        {actorName}
      </td>
      <td className={styles.accepted}>
        <Age at={acceptedAt} />
      </td>
      <td className={styles.took}>
        {endedAt === null ? <Running since={acceptedAt} /> : spanText(endedAt - acceptedAt)}
      </td>
    </tr>
  );
});
