import { Link } from '@tanstack/react-router';
import type { ResponseOf } from '../../api/address.ts';
import { Section } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import styles from './bill.module.css';

type Signature = ResponseOf<'getRelease'>['signatures'][number];

/** What each signer of the platform document says of each image, as it is judged now. */
export function Signatures({ signatures }: { readonly signatures: readonly Signature[] }) {
  return (
    <Section id="signatures" title="Signatures">
      {signatures.length === 0 ? (
        <p>The platform document names no signers.</p>
      ) : (
        <Table
          label="Signatures"
          head={['Component', 'Signer', 'Says', 'Required by'].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        >
          {signatures.map((it) => (
            <tr key={`${it.component} ${it.signer}`}>
              <th scope="row">{it.component}</th>
              <td>{it.signer}</td>
              <td>
                <State state={it.state} />
              </td>
              <td>
                <Environments names={it.requiredBy} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function State({ state }: { readonly state: Signature['state'] }) {
  if (state.kind === 'valid')
    return (
      <>
        signed by {state.by} (entry {state.entry})
      </>
    );
  return <span className={styles.missing}>not signed: {state.found.join('; ')}</span>;
}

function Environments({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return 'no environment';
  return names.map((environment, index) => (
    <span key={environment}>
      {index > 0 && ', '}
      <Link to="/environments/$environment" params={{ environment }}>
        {environment}
      </Link>
    </span>
  ));
}
