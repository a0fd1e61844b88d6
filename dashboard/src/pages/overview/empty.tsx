import { Link } from '@tanstack/react-router';
import { Empty } from '../../ui/panel.tsx';
import type { EnvironmentHead } from './matrix.ts';

interface Props {
  readonly environments: readonly EnvironmentHead[];
  readonly isFiltered: boolean;
}

/** What stands in the place of the grid when it would have no row: why, and what fills it. */
export function NothingHere({ environments, isFiltered }: Props) {
  if (isFiltered) {
    return (
      <Empty title="No service is like this.">
        <Link to="/">Show all services</Link>
      </Empty>
    );
  }
  const [first] = environments;
  if (first === undefined) {
    return (
      <Empty title="There is no environment yet.">
        <p>Environments and their clusters stand in the platform document. The server reads it when it starts:</p>
        <pre>dray serve --platform platform.yaml</pre>
        <p>
          <code>dray schema Platform</code> tells what can stand in it.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing has been deployed yet.">
      <p>Register a release of a service, then name it in an environment:</p>
      <pre>{`dray release cart 1.0.0 -f compose.yaml\ndray deploy ${first.name} --set cart=1.0.0`}</pre>
      <p>The services then stand here, a column for each of:</p>
      <ul>
        {environments.map(({ name }) => (
          <li key={name}>
            <Link to="/environments/$environment" params={{ environment: name }}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </Empty>
  );
}
