import { Link } from '@tanstack/react-router';
import type { DeploymentSummary } from '../../../../wire/deployment.ts';
import { deploymentWords } from '../../ui/meaning.ts';
import { Empty } from '../../ui/panel.tsx';
import { State } from '../../ui/sign.tsx';
import { Table } from '../../ui/table.tsx';
import tables from '../../ui/table.module.css';
import { Age } from '../../ui/time.tsx';

interface Props {
  readonly environment: string;
  readonly deployments: readonly DeploymentSummary[];
}

/** How many services of a deployment are named. */
const namedMost = 3;

/** The newest deployments of an environment. */
export function NewestDeployments({ environment, deployments }: Props) {
  if (deployments.length === 0) {
    return (
      <Empty title="Nothing was deployed here yet.">
        <pre>{`dray deploy ${environment} --set SERVICE=VERSION`}</pre>
      </Empty>
    );
  }
  return (
    <>
      <Table
        label="Newest deployments"
        head={
          <>
            <th scope="col">State</th>
            <th scope="col">Deployment</th>
            <th scope="col">Services</th>
            <th scope="col">Why</th>
            <th scope="col">Who</th>
            <th scope="col">When</th>
          </>
        }
      >
        {deployments.map((each) => (
          <DeploymentRow key={each.id} deployment={each} />
        ))}
      </Table>
      <p>
        <Link to="/deployments" search={{ environment }}>
          All deployments of {environment}
        </Link>
      </p>
    </>
  );
}

function DeploymentRow({ deployment }: { readonly deployment: DeploymentSummary }) {
  const { id, services, reason, actorName, acceptedAt } = deployment;
  const { meaning, word } = deploymentWords(deployment);
  const more = services.length - namedMost;
  return (
    <tr>
      <td>
        <State meaning={meaning}>{word}</State>
      </td>
      <th scope="row" className={tables.nowrap}>
        <Link to="/deployments/$deployment" params={{ deployment: id }}>
          {id}
        </Link>
      </th>
      <td title={services.join(', ')}>
        {services.slice(0, namedMost).join(', ')}
        {more > 0 && ` and ${more} more`}
      </td>
      <td>{reason}</td>
      <td>{actorName}</td>
      <td className={tables.nowrap}>
        <Age at={acceptedAt} />
      </td>
    </tr>
  );
}
