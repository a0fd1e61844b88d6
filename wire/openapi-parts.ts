import type { JsonObject } from '../core/json.ts';

/** What a reader of the OpenAPI document should know before any route. */
export const introduction = [
  'Bodies are JSON. Unknown members and query parameters are refused. Answers may get new members within a version of ' +
    'the API: ignore what you do not know.',
  'What fails is answered with a problem document (RFC 9457). Its `code` is stable; `x-codes` lists those of each ' +
    'status. 429 and 503 carry Retry-After.',
  'With `rights: { anonymous: viewer }` in the platform document, whoever sends no token is a viewer.',
].join('\n\n');

/** Header fields of answers. */
export const headers = {
  'X-Request-Id': {
    description: "Id of this request: it stands in the server's log and in problem documents.",
    schema: { type: 'string' },
  },
  ETag: { description: 'For If-None-Match.', schema: { type: 'string' } },
  'Retry-After': {
    description: 'Seconds until a repetition can succeed.',
    schema: { type: 'integer', minimum: 1 },
  },
  'WWW-Authenticate': { description: 'How to say who asks.', schema: { type: 'string' } },
  'Set-Cookie': { description: "The browser's session, HttpOnly and SameSite=Strict.", schema: { type: 'string' } },
} as const satisfies JsonObject;

/** Header fields of requests, by the names that operations have for them. */
export const parameters = {
  'idempotency-key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: '1 to 200 printable ASCII characters: the same for every repetition of one request.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e](?:[\\x20-\\x7e]{0,198}[\\x21-\\x7e])?$' },
  },
  'last-event-id': {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'Id of the last event that was read: the stream goes on after it.',
    schema: { type: 'string', pattern: '^(?:0|[1-9][0-9]{0,15})$' },
  },
  'if-none-match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETag of the answer that is there already: 304 when it is still right.',
    schema: { type: 'string' },
  },
} as const satisfies JsonObject;

/** The two ways to say who asks. */
export const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A token, of `dray token create` or `createToken`.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'drayage_session',
    description:
      "A browser's session. The cookie's name goes on with `_` and an id of the server. Requests that change something " +
      "are taken only from the server's own pages.",
  },
} as const satisfies JsonObject;

export type HeaderName = keyof typeof headers;
export type ParameterName = keyof typeof parameters;
