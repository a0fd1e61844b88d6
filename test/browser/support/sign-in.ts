import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Client } from '../../../client/client.ts';
import type { Role } from '../../../core/access.ts';

/** Signs a page in as whom the client's token stands for, by a link that works once; ends on the overview. */
export async function signIn(page: Page, client: Client): Promise<void> {
  const { url } = await client.call('createSignInLink', {});
  await page.goto(url);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}

/** The secret of a new token. */
export async function tokenFor(client: Client, role: Role): Promise<string> {
  return (await client.call('createToken', { body: { name: `a ${role}`, role } })).secret;
}

/** The cookie of a new session, for a browser that is to find itself signed in where it never was before. */
export async function sessionCookieOf({ url, token }: { readonly url: string; readonly token: string }) {
  const answer = await fetch(`${url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ kind: 'token', token }),
  });
  assert.equal(answer.status, 201);
  const [, name, value] = /^([^=]+)=([^;]+);/.exec(answer.headers.get('set-cookie') ?? '') ?? [];
  assert.ok(name !== undefined && value !== undefined, 'no cookie came');
  return { name, value, url };
}
