import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { ReadOperation } from '../../tool/openapi-reader.ts';
import { anyCharacter, createValueMaker, likelyOr, type Likely } from './schema-arbitrary.ts';

/** A request as it goes onto the wire. */
export interface RawRequest {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** A request with what a judge of its answer has to know. */
export interface MadeRequest extends RawRequest {
  /** The path as the document has it. */
  readonly template: string;
  /** False when a part of the path is not what its description asks: then it may lead to nowhere. */
  readonly isPathProper: boolean;
  /** The body as it was meant; null when none was, or when it is not JSON. */
  readonly value: Json;
}

export interface RequestSources {
  readonly components: JsonObject;
  readonly likely: Likely;
  /** Headers that say who asks. */
  readonly signedIn: Readonly<Record<string, string>>;
}

const long = 'x'.repeat(100_000);
const odd: readonly Json[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  '\u0000',
  'ä💥\u202e',
  '\ud800',
  '../../etc/passwd',
  "' or 1=1 --",
  '${jndi:ldap://x}',
  '__proto__',
  long,
  [],
  {},
  [[[[[[]]]]]],
  { constructor: { prototype: {} } },
];
const oddTexts = odd.filter((value) => typeof value === 'string' && value !== long).map(String);
const notJson = [
  '',
  '{',
  '[1,',
  'NaN',
  '\ufeff{}',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  '"\ud800"',
  `${'['.repeat(50_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
];
const types = ['text/plain', 'application/yaml', 'application/json; charset=latin1', 'multipart/form-data', 'x', ''];
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE'];

/** Requests of an operation, made from its description alone: as it asks, nearly so, and as no client would send them. */
export function requestsOf(operation: ReadOperation, sources: RequestSources): fc.Arbitrary<MadeRequest> {
  const proper = properRequests(operation, sources);
  return fc
    .oneof(
      { weight: 4, arbitrary: proper },
      { weight: 4, arbitrary: proper.chain((request) => hostileOf(request)) },
      { weight: 1, arbitrary: proper.chain((request) => hostileOf(request).chain(hostileOf)) },
    )
    .map(render);
}

/** Of an operation: one proper request for each of its parameters and members with each odd value in its place. */
export function oddRequestsOf(operation: ReadOperation, sources: RequestSources): readonly MadeRequest[] {
  const [sample] = fc.sample(properRequests(operation, sources), { numRuns: 1, seed: 1 });
  if (sample === undefined) return [];
  const inQuery = operation.parameters.filter(({ place }) => place === 'query');
  const required = new Set(inQuery.filter((parameter) => parameter.required).map(({ name }) => name));
  const draft = { ...sample, query: sample.query.filter(([name]) => required.has(name)) };
  const queries = inQuery.flatMap(({ name }) => oddTexts.map((text) => withQuery(draft, name, text)));
  const paths = Object.keys(draft.path).flatMap((name) => oddTexts.map((text) => withPath(draft, name, text)));
  const value = draft.body?.value ?? null;
  const members = isJsonObject(value) ? Object.keys(value) : [];
  const bodies = members.flatMap((name) =>
    odd.map((member) => ({ ...draft, body: bodyOf({ ...(isJsonObject(value) ? value : {}), [name]: member }) })),
  );
  return [...queries, ...paths, ...bodies].map(render);
}

interface Draft {
  readonly method: string;
  readonly template: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly value: Json; readonly text: string } | null;
  readonly isPathProper: boolean;
}

function properRequests(
  operation: ReadOperation,
  { components, likely, signedIn }: RequestSources,
): fc.Arbitrary<Draft> {
  const maker = createValueMaker(components, likely);
  const parametersIn = (place: string) => {
    const own = operation.parameters.filter((parameter) => parameter.place === place);
    const values = own.map(({ name, schema, required }) => {
      const value = likelyOr(likely, name, maker.valuesOf(schema)).map((one): string | null => textOf(one));
      // Few at once: many that are left to chance rarely mean something together.
      return [name, required ? value : fc.option(fc.option(value, { freq: 2 }), { freq: 1 })];
    });
    const all: fc.Arbitrary<Record<string, string | null>> = fc.record(Object.fromEntries(values));
    return all.map(given);
  };
  const schema = operation.body?.media['schema'];
  const bodies = isJsonObject(schema) ? maker.valuesOf(schema).map(bodyOf) : fc.constant(null);
  return fc
    .record({ path: parametersIn('path'), query: parametersIn('query'), headers: parametersIn('header'), body: bodies })
    .map(({ path, query, headers, body }) => ({
      method: operation.method,
      template: operation.path,
      path,
      query: Object.entries(query),
      headers: { ...signedIn, ...latin(headers), ...(body === null ? {} : { 'content-type': 'application/json' }) },
      body,
      isPathProper: true,
    }));
}

function given(parameters: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  );
}

/** One thing about it is as it should not be. */
function hostileOf(draft: Draft): fc.Arbitrary<Draft> {
  const text = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: anyCharacter, maxLength: 30, size: 'max' }));
  const name = fc.oneof(
    fc.constantFrom(...draft.query.map(([key]) => key), 'nonsense', 'limit', '__proto__', 'a[b]'),
    text,
  );
  const changes: fc.Arbitrary<Draft>[] = [
    fc.tuple(name, text).map((added) => ({ ...draft, query: [...draft.query, added] })),
    text.map((cursor) => withQuery(draft, 'cursor', cursor)),
    fc.constantFrom(...methods).map((method) => ({ ...draft, method })),
    fc.constantFrom(...types).map((type) => withHeader(draft, 'content-type', type)),
    fc
      .tuple(fc.constantFrom('idempotency-key', 'last-event-id', 'if-none-match', 'cookie', 'accept-encoding'), text)
      .map(([header, value]) => withHeader(draft, header, value)),
    fc
      .constantFrom('', 'Basic eDp5', 'Bearer ', 'Bearer wrong')
      .map((value) => withHeader(draft, 'authorization', value)),
  ];
  if (draft.query.length > 0) {
    changes.push(
      fc.constantFrom(...draft.query).map((again) => ({ ...draft, query: [...draft.query, again] })),
      fc.constantFrom(...draft.query.keys()).map((index) => ({ ...draft, query: draft.query.toSpliced(index, 1) })),
    );
  }
  for (const part of Object.keys(draft.path)) {
    changes.push(
      fc
        .oneof(text, fc.constantFrom('', '.', '..', 'a/b', 'x'.repeat(300)))
        .map((value) => withPath(draft, part, value)),
    );
  }
  const { body } = draft;
  if (body === null) changes.push(fc.constantFrom('{}', '1', long).map((sent) => withText(draft, sent)));
  else
    changes.push(
      ...[1, 2, 3].map(() => hostileValue(body.value).map((value) => ({ ...draft, body: bodyOf(value) }))),
      fc.constantFrom(...notJson).map((sent) => withText(draft, sent)),
    );
  return fc.oneof(...changes);
}

function withQuery(draft: Draft, name: string, value: string): Draft {
  return { ...draft, query: [...draft.query.filter(([other]) => other !== name), [name, value]] };
}

function withPath(draft: Draft, name: string, value: string): Draft {
  return { ...draft, path: { ...draft.path, [name]: value }, isPathProper: false };
}

function withHeader(draft: Draft, name: string, value: string): Draft {
  return { ...draft, headers: { ...draft.headers, ...latin({ [name]: value }) } };
}

function withText(draft: Draft, text: string): Draft {
  const headers = { ...draft.headers, 'content-type': 'application/json' };
  return { ...draft, headers, body: { value: null, text } };
}

/** The value with one member or item gone, added or odd, at any depth. */
function hostileValue(value: Json): fc.Arbitrary<Json> {
  const weird = fc.constantFrom(...odd);
  if (!isJsonObject(value) || Object.keys(value).length === 0) return weird;
  const key = fc.constantFrom(...Object.keys(value));
  return fc.oneof(
    weird,
    fc
      .tuple(fc.constantFrom('nonsense', '__proto__', '', long), weird)
      .map(([name, more]) => Object.fromEntries([...Object.entries(value), [name, more]])),
    key.map((name) => Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))),
    key.chain((name) =>
      hostileValue(value[name] ?? null).map((changed) =>
        Object.fromEntries(Object.entries(value).map(([other, member]) => [other, other === name ? changed : member])),
      ),
    ),
  );
}

function bodyOf(value: Json): { readonly value: Json; readonly text: string } {
  return { value, text: JSON.stringify(value) };
}

function render({ method, template, path, query, headers, body, isPathProper }: Draft): MadeRequest {
  const address = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encode(path[name] ?? ''));
  const search = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  return {
    method,
    target: search === '' ? address : `${address}?${search}`,
    headers,
    body: body?.text ?? null,
    template,
    isPathProper,
    value: body?.value ?? null,
  };
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Half of a surrogate pair has no bytes; what a browser sends for it is U+FFFD. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** What a header field can hold at all (RFC 9110, section 5.5). */
function latin(headers: Readonly<Record<string, string>>): Record<string, string> {
  const cleaned = Object.entries(headers).map(([name, value]) => [
    name,
    value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?'),
  ]);
  return Object.fromEntries(cleaned);
}
