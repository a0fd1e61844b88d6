import { readFile, writeFile } from 'node:fs/promises';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { openApiDocument } from '../wire/openapi.ts';
import { listOf, objectOf, readOperations, textOf, type ReadAnswer, type ReadOperation } from './openapi-reader.ts';

const page = new URL('../docs/reference/api.md', import.meta.url);

const preface = `# The HTTP API

Made by \`tool/api-reference.ts\` of the contract in \`wire/\`; a test keeps it equal. Mend the contract, then run
\`node tool/api-reference.ts\`. A running server has the same as an OpenAPI 3.1 document at \`/openapi.json\`.

- **Who asks**: \`Authorization: Bearer TOKEN\`, or the cookie of a browser's session. Roles and scopes:
  each route names its action and the roles that have it; "scope" is the part of a token's scope that counts.
- **Bodies** are JSON. Unknown members and query parameters are refused with \`request.invalid\`, which names them. A
  request that carries documents has at most 16 MiB, any other 1 MiB. Answers may get new members: ignore what you do
  not know.
- **Lists** come in pages: \`next\` of one page is \`cursor\` of the following request; null ends the list.
- **Polling**: every \`GET\` that answers JSON has an ETag, and with If-None-Match answers 304 when nothing changed.
- **Failures** are problem documents (RFC 9457): [problems.md](problems.md) lists every code with its remedy. 429 and 503
  carry Retry-After, in seconds.
- **Streams** are server-sent events; a \`heartbeat\` event every 15 seconds shows that they live.
`;

/** The reference of the HTTP API, in Markdown. */
export function apiReference(): string {
  const document = openApiDocument('0.0.0');
  const operations = readOperations(document);
  const chapters = listOf(document['tags'])
    .map(objectOf)
    .map((tag) => {
      const name = textOf(tag['name']);
      const own = operations.filter(({ whole }) => listOf(whole['tags']).includes(name));
      return [
        `## ${name[0]?.toUpperCase()}${name.slice(1)}`,
        textOf(tag['description']),
        ...own.flatMap(renderOperation),
      ];
    });
  const schemas = Object.entries(objectOf(objectOf(document['components'])['schemas']));
  const sections = [
    ...chapters.flat(),
    '## Schemas',
    ...schemas.flatMap(([name, schema]) => renderSchema(name, objectOf(schema))),
  ];
  return `${preface}\n${sections.join('\n\n')}\n`;
}

function renderOperation(operation: ReadOperation): readonly string[] {
  const { id, method, path, whole, parameters, body, answers } = operation;
  const example = body?.media['example'];
  return [
    `### \`${method} ${path}\``,
    [textOf(whole['summary']), textOf(whole['description'])].filter((text) => text !== '').join(' '),
    `Operation \`${id}\`. ${accessText(objectOf(whole['x-access']))}`,
    ...table(
      ['parameter', 'in', 'type', 'meaning'],
      parameters.map(({ name, place, required, description, schema }) => [
        `\`${name}\`${required ? '' : ', optional'}`,
        place,
        typeText(schema),
        description,
      ]),
    ),
    ...(body === null ? [] : [`Body${body.required ? '' : ', optional'}: ${typeText(objectOf(body.media['schema']))}`]),
    ...(example === undefined ? [] : [`\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``]),
    ...table(
      ['status', 'answer', 'when'],
      answers.map((answer) => [String(answer.status), answerText(answer), whenText(answer)]),
    ),
    ...eventTable(answers),
  ];
}

function accessText({ action, roles, scopedBy }: JsonObject): string {
  if (action === 'public') return 'Open to everybody.';
  const scope = listOf(scopedBy).map(textOf);
  const limit = scope.length === 0 ? '' : ` Scope: ${scope.join(' and ')}.`;
  return `Action \`${textOf(action)}\`: ${listOf(roles).map(textOf).join(', ')}.${limit}`;
}

function answerText({ content }: ReadAnswer): string {
  const answers = Object.entries(content).map(([type, media]) =>
    type === 'application/json' || type === 'application/problem+json' ? typeText(objectOf(media['schema'])) : type,
  );
  return answers.length === 0 ? 'nothing' : answers.join(', or ');
}

function whenText({ description, codes }: ReadAnswer): string {
  const own = description.split('\n', 1)[0] ?? '';
  const list = codes.map((code) => `\`${code}\``).join(', ');
  if (codes.length === 0) return description;
  return own.startsWith('- ') ? list : `${own} Or ${list}`;
}

function eventTable(answers: readonly ReadAnswer[]): readonly string[] {
  const media = answers.map(({ content }) => objectOf(content['text/event-stream']));
  const events = media.flatMap((stream) => Object.entries(objectOf(stream['x-events'])));
  return table(
    ['event', 'data'],
    events.map(([name, schema]) => [
      `\`${name}\``,
      Object.keys(objectOf(schema)).length === 0 ? 'nothing' : typeText(objectOf(schema)),
    ]),
  );
}

function renderSchema(name: string, schema: JsonObject): readonly string[] {
  const variants = listOf(schema['oneOf'] ?? schema['anyOf']).map(objectOf);
  const objects = variants.filter((variant) => variant['properties'] !== undefined);
  const isPlain = schema['properties'] === undefined && objects.length === 0 && name !== 'Json';
  return [
    `### ${name}`,
    `${textOf(schema['description'])}${isPlain ? ` ${typeText(schema)}` : ''}`,
    ...memberTable(schema),
    ...objects.flatMap(memberTable),
  ];
}

function memberTable(schema: JsonObject): readonly string[] {
  const required = listOf(schema['required']);
  return table(
    ['member', 'type', 'meaning'],
    Object.entries(objectOf(schema['properties'])).map(([name, member]) => [
      `\`${name}\`${required.includes(name) ? '' : ', optional'}`,
      typeText(objectOf(member)),
      textOf(objectOf(member)['description']),
    ]),
  );
}

/** A type in a few words, with a link to what has a name of its own. */
function typeText(schema: JsonObject): string {
  const { $ref: target, enum: choices, type, default: fallback } = schema;
  const variants = listOf(schema['oneOf'] ?? schema['anyOf']).map(objectOf);
  const otherwise = fallback === undefined ? '' : `; default \`${JSON.stringify(fallback)}\``;
  if (typeof target === 'string') return `${link(target.slice(target.lastIndexOf('/') + 1))}${otherwise}`;
  if ('const' in schema) return `\`${JSON.stringify(schema['const'])}\``;
  if (choices !== undefined)
    return `${listOf(choices)
      .map((choice) => `\`${textOf(choice)}\``)
      .join(' or ')}${otherwise}`;
  if (variants.length > 0) return `${variants.map(typeText).join(' or ')}${otherwise}`;
  const names = Array.isArray(type) ? type.map((one: Json) => textOf(one)) : [textOf(type)];
  return `${names.map((name) => namedType(name, schema)).join(' or ')}${otherwise}`;
}

function namedType(name: string, schema: JsonObject): string {
  const { items, additionalProperties, minimum, maximum, maxLength, properties } = schema;
  if (name === 'array') return `list of ${typeText(objectOf(items))}`;
  if (name === 'object' && isJsonObject(additionalProperties)) return `${typeText(additionalProperties)} by name`;
  if (name === 'object' && properties !== undefined) {
    const members = Object.entries(objectOf(properties)).map(
      ([key, member]) => `\`${key}\`: ${typeText(objectOf(member))}`,
    );
    return `{ ${members.join('; ')} }`;
  }
  if (minimum !== undefined || maximum !== undefined) return `${name} ${numberText(minimum)}..${numberText(maximum)}`;
  return maxLength === undefined ? name : `${name} of at most ${numberText(maxLength)} characters`;
}

function numberText(value: Json | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en') : '';
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [[line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')];
}

/** The reference as it is committed. */
export async function committedApiReference(): Promise<string> {
  return await readFile(page, 'utf8');
}

if (import.meta.main) await writeFile(page, apiReference());
