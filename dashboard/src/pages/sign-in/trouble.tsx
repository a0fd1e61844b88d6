import { ApiError } from '../../api/client.ts';
import { Trouble } from '../../ui/trouble.tsx';

/** Why signing in did not work, and the way that does. */
export function SignInTrouble({ error }: { readonly error: unknown }) {
  const code = error instanceof ApiError ? error.problem?.code : undefined;
  return (
    <>
      <Trouble error={error} />
      {code === 'auth.code-wrong' && (
        <p>
          A link works once, for a short time, and only until the server starts anew. <code>dray sign-in</code> prints
          another.
        </p>
      )}
      {code === 'auth.wrong' && (
        <p>
          Tokens end and can be revoked; <code>dray token list</code> tells an admin which are live.
        </p>
      )}
    </>
  );
}
