import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import type { CallInput } from '../api/address.ts';
import { call } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { Button } from '../ui/button.tsx';
import { hasSignInCode, takeSignInCode } from './sign-in/code.ts';
import { SignInTrouble } from './sign-in/trouble.tsx';
import styles from './sign-in/sign-in.module.css';

type By = NonNullable<CallInput<'openSession'>['body']>;

/** Signs in with the code of a one-time link, or with a token. */
export function SignInPage() {
  const { error, working, signIn } = useSignIn();
  useEffect(() => {
    document.title = 'Sign in · Drayage';
    const code = takeSignInCode();
    if (code !== null) void signIn({ kind: 'code', code });
  }, [signIn]);
  return (
    <main className={styles.place}>
      <div className={styles.box}>
        <h1 className={styles.title}>
          <img src="/mark.svg" alt="" width="28" height="28" /> Sign in to Drayage
        </h1>
        {error !== null && <SignInTrouble error={error} />}
        <TokenForm working={working} onToken={(token) => void signIn({ kind: 'token', token })} />
        <Help />
      </div>
    </main>
  );
}

interface SigningIn {
  readonly working: boolean;
  readonly error: unknown;
}

/** Signs in, and then goes to where the address says, or to the overview. Who is signed in already goes on at once. */
function useSignIn() {
  const queries = useQueryClient();
  const router = useRouter();
  const { to = '/' } = useSearch({ from: '/sign-in' });
  const [state, setState] = useState<SigningIn>(() => ({ working: hasSignInCode(), error: null }));
  const session = useQuery({ ...sessionQuery, retry: false });
  const isKnown = session.data !== undefined && session.data.kind !== 'anonymous';
  useEffect(() => {
    if (isKnown && !state.working && state.error === null) router.history.replace(to);
  }, [isKnown, state, router, to]);
  const [signIn] = useState(() => async (by: By) => {
    setState({ working: true, error: null });
    try {
      const opened = await call('openSession', { body: by });
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, opened);
      router.history.replace(to);
    } catch (error) {
      setState({ working: false, error });
    }
  });
  return { ...state, signIn };
}

function TokenForm({ working, onToken }: { readonly working: boolean; readonly onToken: (token: string) => void }) {
  const [token, setToken] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!working && token.trim() !== '') onToken(token.trim());
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <label htmlFor="token">Token</label>
      <input
        id="token"
        type="password"
        className={styles.input}
        value={token}
        required
        maxLength={512}
        autoComplete="current-password"
        spellCheck={false}
        aria-describedby="token-help"
        onChange={(event) => setToken(event.target.value)}
      />
      <p id="token-help" className={styles.fine}>
        It is sent once, over this connection, and not kept by the page.
      </p>
      <Button kind="main" type="submit" busy={working}>
        {working ? 'Signing in …' : 'Sign in'}
      </Button>
    </form>
  );
}

function Help() {
  return (
    <section className={styles.help} aria-labelledby="help-title">
      <h2 id="help-title">Where a way in comes from</h2>
      <dl>
        <dt>You have a token on your machine</dt>
        <dd>
          <code>dray sign-in</code> prints a link that signs a browser in once, with that token's rights.
        </dd>
        <dt>You have none</dt>
        <dd>
          An admin makes one: <code>dray token create NAME --role viewer</code>
        </dd>
        <dt>You run the server</dt>
        <dd>
          <code>dray serve</code> prints a link when it starts in a terminal.
        </dd>
      </dl>
    </section>
  );
}
