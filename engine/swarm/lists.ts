import { list } from './json.ts';
import type { Call, DockerClient } from './client.ts';
import type { Labels } from './labels.ts';

/** A whole list, or what came of it and why it is not whole. */
export interface Listed {
  readonly items: readonly unknown[];
  readonly gap: string | null;
}

/** Filters as the Docker API takes them: every name with the values of which one must fit; labels must fit all. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** `?filters=...` for a path. */
export function filterQuery(filters: Filters): string {
  return `?filters=${encodeURIComponent(JSON.stringify(filters))}`;
}

/** Labels as filter values. */
export function labelFilter(labels: Labels): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

/** Reads one of the engine's lists (`/services`, `/tasks`, `/nodes`, `/configs`, `/secrets`, `/networks`); `more` ends the query. */
export async function listAll(
  client: DockerClient,
  path: string,
  filters: Filters,
  signal: AbortSignal,
  more = '',
): Promise<Listed> {
  const call: Call = { method: 'GET', path: path + filterQuery(filters) + more };
  const answer = await client.call(call, signal);
  if (answer.kind === 'ok') return { items: list(answer.body), gap: null };
  const reason = answer.kind === 'too-large' ? `above ${answer.limitBytes} bytes` : answer.kind;
  return { items: [], gap: `the list ${path} could not be read: ${reason}` };
}
