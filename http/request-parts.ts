import type { z } from 'zod';
import { Fault } from '../core/fault.ts';
import { routes, type RouteName } from '../wire/routes.ts';

type Output<T> = T extends z.ZodType ? z.output<T> : undefined;

/** What a request of a route carries, once its schemas have read it. */
export interface Parts<N extends RouteName> {
  readonly params: Output<(typeof routes)[N]['params']>;
  readonly query: Output<(typeof routes)[N]['query']>;
  readonly body: Output<(typeof routes)[N]['body']>;
}

/** What came, before any schema has seen it; `body` is undefined when there is none. */
export interface RawParts {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** A member of a request that is not what its schema asks. */
interface WrongMember {
  readonly path: string;
  readonly message: string;
  readonly hint: string | null;
}

const wrongMost = 50;

/** Reads a request by its route's schemas. Throws `request.invalid` with the path of every wrong member (at most 50). */
export function readParts<N extends RouteName>(name: N, raw: RawParts): Parts<N> {
  const { params, query, body } = routes[name];
  const wrong: WrongMember[] = [];
  const read = (place: string, schema: z.ZodType, value: unknown): unknown => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    wrong.push(...result.error.issues.flatMap((issue) => wrongMembers(place, issue)));
    return undefined;
  };
  const parts: unknown = {
    params: read('path', params, raw.params),
    query: read('query', query, raw.query),
    body: body === null ? refuseBody(raw.body) : read('body', body, raw.body === undefined ? {} : raw.body),
  };
  if (wrong.length > 0) throw invalidRequest(wrong);
  return parts as Parts<N>; // each part has just been read by the schema that its type comes from
}

function refuseBody(body: unknown): undefined {
  if (body === undefined) return undefined;
  throw new Fault('request.invalid', 'This route takes no body.', { next: 'Send the request without a body.' });
}

function wrongMembers(place: string, issue: z.core.$ZodIssue): WrongMember[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = pathText(place, [...issue.path, key]);
      return { path, message: 'is not known', hint: 'Leave it out, or look for a misspelling.' };
    });
  }
  if (issue.code === 'invalid_union') {
    const nested = issue.errors.find((errors) => errors.some((inner) => inner.path.length > 0)) ?? [];
    const known = nested.flatMap((inner) => wrongMembers(place, { ...inner, path: [...issue.path, ...inner.path] }));
    if (known.length > 0) return known;
  }
  return [{ path: pathText(place, issue.path), message: issue.message, hint: null }];
}

function pathText(place: string, path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (before, part) => (typeof part === 'number' ? `${before}[${part}]` : `${before}.${String(part).slice(0, 100)}`),
    place,
  );
  return text.slice(0, 500);
}

function invalidRequest(wrong: readonly WrongMember[]): Fault {
  const shown = wrong.slice(0, wrongMost);
  const [first] = shown;
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '';
  return new Fault('request.invalid', `${first?.path ?? 'the request'}: ${first?.message ?? 'is wrong'}${more}`, {
    facts: { members: shown.map(({ path, message, hint }) => ({ path, message, hint })) },
    next: first?.hint ?? 'Correct the members named in facts.members.',
  });
}
