import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

/** One operation of an OpenAPI document with what is said of it; references to parameters and headers are followed. */
export interface ReadOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly whole: JsonObject;
  readonly parameters: readonly ReadParameter[];
  /** Null when it takes no body. */
  readonly body: { readonly required: boolean; readonly media: JsonObject } | null;
  readonly answers: readonly ReadAnswer[];
}

export interface ReadParameter {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonObject;
}

export interface ReadAnswer {
  readonly status: number;
  readonly description: string;
  readonly codes: readonly string[];
  readonly headers: readonly string[];
  /** By content type. */
  readonly content: { readonly [type: string]: JsonObject };
}

/** Reads the operations of an OpenAPI 3.1 document; what is missing is empty, so that rules can say so. */
export function readOperations(document: JsonObject): readonly ReadOperation[] {
  return Object.entries(objectOf(document['paths'])).flatMap(([path, item]) =>
    Object.entries(objectOf(item)).map(([method, whole]) => readOperation(document, path, method, objectOf(whole))),
  );
}

function readOperation(document: JsonObject, path: string, method: string, whole: JsonObject): ReadOperation {
  const body = objectOf(whole['requestBody']);
  const media = objectOf(objectOf(body['content'])['application/json']);
  return {
    id: textOf(whole['operationId']),
    method: method.toUpperCase(),
    path,
    whole,
    parameters: listOf(whole['parameters']).map((parameter) => readParameter(follow(document, objectOf(parameter)))),
    body: whole['requestBody'] === undefined ? null : { required: body['required'] === true, media },
    answers: Object.entries(objectOf(whole['responses'])).map(([status, answer]) =>
      readAnswer(Number(status), objectOf(answer)),
    ),
  };
}

function readParameter(parameter: JsonObject): ReadParameter {
  return {
    name: textOf(parameter['name']),
    place: textOf(parameter['in']),
    required: parameter['required'] === true,
    description: textOf(parameter['description']),
    schema: objectOf(parameter['schema']),
  };
}

function readAnswer(status: number, answer: JsonObject): ReadAnswer {
  const content = Object.entries(objectOf(answer['content']));
  return {
    status,
    description: textOf(answer['description']),
    codes: listOf(answer['x-codes']).map(textOf),
    headers: Object.keys(objectOf(answer['headers'])),
    content: Object.fromEntries(content.map(([type, media]) => [type, objectOf(media)])),
  };
}

/** What a reference leads to, or the object itself; empty when it leads nowhere. */
export function follow(document: JsonObject, object: JsonObject): JsonObject {
  const target = object['$ref'];
  if (typeof target !== 'string') return object;
  const found = target
    .split('/')
    .slice(1)
    .reduce<JsonObject>((at, key) => objectOf(at[key]), document);
  return found;
}

/** The value as an object; empty when it is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The value as a list; empty when it is none. */
export function listOf(value: Json | undefined): readonly Json[] {
  return value !== undefined && isList(value) ? value : [];
}

/** The value as text; empty when it is none. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
