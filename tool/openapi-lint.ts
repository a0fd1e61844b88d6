import { Validator } from '@seriousme/openapi-schema-validator';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { openApiDocument } from '../wire/openapi.ts';
import { createValueCheck, type ValueCheck } from './json-schema.ts';
import {
  follow,
  listOf,
  objectOf,
  readOperations,
  textOf,
  type ReadAnswer,
  type ReadOperation,
} from './openapi-reader.ts';

/**
 * What is wrong with an OpenAPI document: by the OpenAPI 3.1 schema, and by the rules of the house. Empty when it is
 * good.
 */
export async function openApiViolations(document: JsonObject): Promise<readonly string[]> {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  if (!valid) return [`the document is not OpenAPI 3.1: ${JSON.stringify(errors).slice(0, 2000)}`];
  return ruleViolations(document);
}

/** The rules of the house alone; `check` goes by the schemas of the document. Dead references in those are found too. */
export function ruleViolations(
  document: JsonObject,
  check: ValueCheck = createValueCheck(objectOf(document['components'])),
): readonly string[] {
  const operations = readOperations(document);
  return [
    ...idViolations(operations),
    ...operations.flatMap((operation) =>
      [
        ...operationViolations(document, operation),
        ...parameterViolations(operation),
        ...bodyViolations(document, operation),
        ...operation.answers.flatMap((answer) => answerViolations(document, operation, answer)),
        ...exampleViolations(operation, check),
      ].map((detail) => `${operation.method} ${operation.path}: ${detail}`),
    ),
    ...componentViolations(document, check),
  ];
}

function idViolations(operations: readonly ReadOperation[]): readonly string[] {
  const byId = Map.groupBy(operations, ({ id }) => id);
  return [...byId].filter(([, same]) => same.length > 1).map(([id]) => `operationId ${id} stands twice`);
}

function operationViolations(document: JsonObject, { id, method, whole, answers }: ReadOperation): readonly string[] {
  const known = new Set(listOf(document['tags']).map((tag) => textOf(objectOf(tag)['name'])));
  const [tag, ...others] = listOf(whole['tags']).map(textOf);
  const summary = textOf(whole['summary']);
  const streams = answers.some(({ content }) => 'text/event-stream' in content);
  const action = textOf(objectOf(whole['x-access'])['action']);
  return [
    ...(id === '' ? ['has no operationId'] : []),
    ...(tag === undefined || others.length > 0 || !known.has(tag) ? ['has not exactly one tag of the document'] : []),
    ...(/^[A-Z].*\.$/s.test(summary) ? [] : ['its summary is no sentence']),
    ...((method !== 'GET' || streams) && textOf(whole['description']) === '' ? ['has no description'] : []),
    ...(action === '' ? ['does not say who may call it'] : []),
    ...((action === 'public') === (listOf(whole['security']).length === 0) ? [] : ['security and x-access differ']),
    ...(answers.some(({ status }) => status < 300) ? [] : ['has no answer for success']),
    ...(answers.some(({ status }) => status === 500) ? [] : ['does not say how it fails']),
  ];
}

function parameterViolations({ path, parameters }: ReadOperation): readonly string[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const described = parameters.filter(({ place }) => place === 'path').map(({ name }) => name);
  return [
    ...parameters
      .filter(({ description }) => description === '')
      .map(({ name }) => `parameter ${name} has no description`),
    ...(inPath.toSorted().join() === described.toSorted().join()
      ? []
      : ['its path parameters are not those of its path']),
  ];
}

function bodyViolations(document: JsonObject, { body }: ReadOperation): readonly string[] {
  if (body === null) return [];
  return walk(document, objectOf(body.media['schema']), 'body').flatMap(({ place, schema }) => {
    const members = Object.entries(objectOf(schema['properties']));
    return [
      ...(members.length > 0 && schema['additionalProperties'] !== false ? [`${place} takes unknown members`] : []),
      ...members
        .filter(([, member]) => !isDescribed(document, objectOf(member)))
        .map(([name]) => `${place}.${name} has no description`),
    ];
  });
}

function answerViolations(document: JsonObject, { method }: ReadOperation, answer: ReadAnswer): readonly string[] {
  const { status, headers, content, codes } = answer;
  const missing = (name: string, when: boolean) =>
    when && !headers.includes(name) ? [`${status} has no ${name}`] : [];
  const isProblem = 'application/problem+json' in content;
  const isJson = 'application/json' in content;
  const schemas = Object.values(content).map((media) => objectOf(media['schema']));
  return [
    ...(answer.description === '' ? [`${status} has no description`] : []),
    ...(status >= 400 && !isProblem ? [`${status} is no problem document`] : []),
    ...(isProblem && codes.length === 0 ? [`${status} names no code`] : []),
    ...missing('X-Request-Id', true),
    ...missing('ETag', method === 'GET' && isJson && status === 200),
    ...missing('Retry-After', isProblem && (status === 429 || status === 503)),
    ...schemas.flatMap((schema) => openViolations(document, schema, String(status))),
  ];
}

/** Answers may grow; and who meets a null has to know what it means. */
function openViolations(document: JsonObject, schema: JsonObject, root: string): readonly string[] {
  return walk(document, schema, root).flatMap(({ place, schema: part }) => [
    ...(part['additionalProperties'] === false ? [`${place} refuses new members`] : []),
    ...Object.entries(objectOf(part['properties']))
      .filter(([, member]) => isNullable(objectOf(member)) && textOf(objectOf(member)['description']) === '')
      .map(([name]) => `${place}.${name} does not say what null means`),
  ]);
}

function exampleViolations({ body, answers }: ReadOperation, check: ValueCheck): readonly string[] {
  const media = [
    ...(body === null ? [] : [['request', body.media] as const]),
    ...answers.flatMap(({ status, content }) => Object.values(content).map((of) => [String(status), of] as const)),
  ];
  return media.flatMap(([place, { schema, example }]) => {
    if (example === undefined) return [];
    const wrong = checked(check, objectOf(schema), example);
    return wrong === null ? [] : [`the example of ${place}: ${wrong}`];
  });
}

function componentViolations(document: JsonObject, check: ValueCheck): readonly string[] {
  const text = JSON.stringify(document);
  return Object.entries(objectOf(objectOf(document['components'])['schemas'])).flatMap(([name, schema]) => [
    ...(textOf(objectOf(schema)['description']) === '' ? [`the component ${name} has no description`] : []),
    ...(text.includes(`"#/components/schemas/${name}"`) ? [] : [`the component ${name} is not used`]),
    ...brokenSchema(check, name),
  ]);
}

function brokenSchema(check: ValueCheck, name: string): readonly string[] {
  const wrong = checked(check, { $ref: `#/components/schemas/${name}` }, null);
  return wrong?.startsWith(noSchema) === true ? [`the component ${name}: ${wrong}`] : [];
}

const noSchema = 'no JSON Schema';

/** As `check` does; a schema that is none is told in the same way. */
function checked(check: ValueCheck, schema: JsonObject, value: Json): string | null {
  try {
    return check(schema, value);
  } catch (error) {
    return `${noSchema}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

interface Part {
  readonly place: string;
  readonly schema: JsonObject;
}

/** A schema and all that is below it, through references; each component once. */
function walk(document: JsonObject, schema: JsonObject, place: string, seen = new Set<string>()): readonly Part[] {
  const target = textOf(schema['$ref']);
  if (seen.has(target)) return [];
  if (target !== '') return walk(document, follow(document, schema), place, seen.add(target));
  return [
    { place, schema },
    ...childrenOf(schema).flatMap(([name, child]) => walk(document, child, `${place}${name}`, seen)),
  ];
}

function childrenOf(schema: JsonObject): readonly (readonly [name: string, child: JsonObject])[] {
  const children: (readonly [string, Json | undefined])[] = [
    ...Object.entries(objectOf(schema['properties'])).map(([name, member]) => [`.${name}`, member] as const),
    ['.*', schema['additionalProperties']],
    ['[]', schema['items']],
    ...['anyOf', 'oneOf', 'allOf'].flatMap((key) => listOf(schema[key]).map((member) => ['', member] as const)),
  ];
  return children.flatMap(([name, child]) => (isJsonObject(child) ? [[name, child] as const] : []));
}

function isDescribed(document: JsonObject, member: JsonObject): boolean {
  return textOf(member['description']) !== '' || textOf(follow(document, member)['description']) !== '';
}

function isNullable(member: JsonObject): boolean {
  const { type, anyOf } = member;
  return listOf(type).includes('null') || listOf(anyOf).some((branch) => objectOf(branch)['type'] === 'null');
}

if (import.meta.main) {
  const violations = await openApiViolations(openApiDocument('0.0.0'));
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
