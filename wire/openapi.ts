import type { z } from 'zod';
import { actions } from '../core/access.ts';
import { faultCodes, type FaultCode } from '../core/fault-codes.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { problemDocument } from './common.ts';
import { examples } from './examples.ts';
import {
  headers,
  introduction,
  parameters,
  securitySchemes,
  type HeaderName,
  type ParameterName,
} from './openapi-parts.ts';
import { createSchemaMaker, type SchemaMaker } from './openapi-schemas.ts';
import { codesByStatus } from './operation-codes.ts';
import { tags } from './operation.ts';
import { operations, routeNames } from './operations.ts';
import { paths, type RouteName } from './paths.ts';
import { routes, type Route } from './routes.ts';

/** The HTTP API as an OpenAPI 3.1.1 document: every route of the contract, from the schemas that the server reads by. */
export function openApiDocument(version: string): JsonObject {
  const maker = createSchemaMaker();
  const byPath: Record<string, Record<string, Json>> = {};
  for (const name of routeNames()) {
    const { method, path } = paths[name];
    const address = path.replaceAll(/:(\w+)/g, '{$1}');
    byPath[address] = { ...byPath[address], [method.toLowerCase()]: operation(maker, name) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Drayage',
      version,
      summary: 'Registers releases, deploys them, and keeps the record.',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that this document came from.' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths: byPath,
    components: { schemas: maker.components(), headers, parameters, securitySchemes },
  };
}

function operation(maker: SchemaMaker, name: RouteName): JsonObject {
  const route: Route = routes[name];
  const { tag, description } = operations[name];
  return {
    operationId: name,
    tags: [tag],
    summary: route.summary,
    ...(description === '' ? {} : { description }),
    'x-access': access(route),
    security: route.access === 'public' ? [] : [{ bearer: [] }, { session: [] }],
    parameters: [
      ...partParameters(maker, 'path', route.params),
      ...partParameters(maker, 'query', route.query),
      ...operations[name].headers.map(parameterReference),
      ...(isCached(route) ? [parameterReference('if-none-match')] : []),
    ],
    ...(route.body === null ? {} : { requestBody: requestBody(maker, name, route.body) }),
    responses: responses(maker, name),
  };
}

function access({ access: action }: Route): JsonObject {
  if (action === 'public') return { action };
  return { action, roles: actions[action].roles, scopedBy: actions[action].scopedBy };
}

/** What is polled: its ETag tells whether it changed. */
function isCached({ method, produces }: Route): boolean {
  return method === 'GET' && produces === 'json';
}

function parameterReference(name: ParameterName): JsonObject {
  return { $ref: `#/components/parameters/${name}` };
}

function headerReferences(...names: readonly HeaderName[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function partParameters(maker: SchemaMaker, place: 'path' | 'query', part: z.ZodType): JsonObject[] {
  const { properties = null, required = [] } = maker.ofInput(part);
  const mandatory: readonly Json[] = Array.isArray(required) ? required : [];
  return Object.entries(membersOf(properties)).map(([name, member]) => {
    const { description = describedElsewhere(maker, member), ...schema } = membersOf(member);
    return { name, in: place, description, required: mandatory.includes(name), schema };
  });
}

function describedElsewhere(maker: SchemaMaker, schema: Json): Json {
  const target = membersOf(schema)['$ref'];
  if (typeof target !== 'string') return '';
  return maker.component(target.slice(target.lastIndexOf('/') + 1))?.['description'] ?? '';
}

function membersOf(value: Json): JsonObject {
  return isJsonObject(value) ? value : {};
}

function requestBody(maker: SchemaMaker, name: RouteName, body: z.ZodType): JsonObject {
  const example = examples[name]?.request;
  return {
    required: !body.safeParse({}).success,
    content: { 'application/json': { schema: maker.ofInput(body), ...(example === undefined ? {} : { example }) } },
  };
}

function responses(maker: SchemaMaker, name: RouteName): JsonObject {
  const { answers } = operations[name];
  const failures = codesByStatus(name);
  const own = Object.entries(answers).map(
    ([status, description]) => [status, ownAnswer(maker, name, description)] as const,
  );
  const failed = [...failures].map(([status, codes]) => {
    const problem = problemAnswer(maker, status, codes);
    const description = answers[status];
    return [
      status,
      description === undefined ? problem : either(ownAnswer(maker, name, description), problem),
    ] as const;
  });
  return {
    ...Object.fromEntries(own),
    ...(isCached(routes[name]) ? { 304: unchanged } : {}),
    ...Object.fromEntries(failed),
  };
}

/** One answer of an operation. */
type Answer = {
  readonly description: string;
  readonly headers: JsonObject;
  readonly content?: JsonObject;
  readonly 'x-codes'?: readonly FaultCode[];
};

const unchanged: Answer = {
  description: 'It is still as its ETag says.',
  headers: headerReferences('X-Request-Id', 'ETag'),
};

/** Two answers of one status, told apart by their content type. */
function either(one: Answer, other: Answer): Answer {
  return {
    ...other,
    description: `${one.description}\n\nOr a problem:\n\n${other.description}`,
    headers: { ...one.headers, ...other.headers },
    content: { ...one.content, ...other.content },
  };
}

function ownAnswer(maker: SchemaMaker, name: RouteName, description: string): Answer {
  const route: Route = routes[name];
  const names: HeaderName[] = ['X-Request-Id'];
  if (isCached(route)) names.push('ETag');
  if (name === 'openSession') names.push('Set-Cookie');
  return { description, headers: headerReferences(...names), content: content(maker, name, route) };
}

function content(maker: SchemaMaker, name: RouteName, { response, produces }: Route): JsonObject {
  const { events } = operations[name];
  if (response !== null) {
    const example = examples[name]?.response;
    return { 'application/json': { schema: maker.ofOutput(response), ...(example === undefined ? {} : { example }) } };
  }
  if (produces === 'bytes') return { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  if (events === null) return { 'text/plain': { schema: { type: 'string' } } };
  const data = Object.entries(events).map(([event, schema]) => [event, schema === null ? {} : maker.ofOutput(schema)]);
  return {
    'text/event-stream': {
      schema: { type: 'string', description: 'Server-sent events (WHATWG HTML, section 9.2).' },
      'x-events': Object.fromEntries(data),
    },
  };
}

function problemAnswer(maker: SchemaMaker, status: number, codes: readonly FaultCode[]): Answer {
  const names: HeaderName[] = ['X-Request-Id'];
  if (status === 401) names.push('WWW-Authenticate');
  if (status === 429 || status === 503) names.push('Retry-After');
  return {
    description: codes.map((code) => `- \`${code}\`: ${faultCodes[code][1]}`).join('\n'),
    headers: headerReferences(...names),
    content: { 'application/problem+json': { schema: maker.ofOutput(problemDocument) } },
    'x-codes': codes,
  };
}
