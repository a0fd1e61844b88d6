import { Fault, isFault } from '../core/fault.ts';
import type { Logger } from '../port/logger.ts';
import type { ProblemDocument } from '../wire/common.ts';
import { toProblem } from '../wire/problem.ts';

/** A problem document with the headers that belong to it. */
export interface ProblemAnswer {
  readonly document: ProblemDocument;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the answer to a fault. */
export function problemAnswer(fault: Fault, requestId: string): ProblemAnswer {
  const document = toProblem(fault, requestId);
  return {
    document,
    headers: {
      'content-type': 'application/problem+json',
      ...(document.status === 401 ? { 'www-authenticate': `Bearer realm="drayage"${wrongToken(fault)}` } : {}),
      ...(document.status === 429 || document.status === 503 ? { 'retry-after': retryAfter(fault) } : {}),
    },
  };
}

/**
 * Turns whatever was thrown into a fault: one is passed on, what the web framework found wrong with a request becomes
 * `request.invalid` or `request.too-large`, and everything else is a bug, logged with its stack and answered without.
 */
export function faultOf(
  thrown: unknown,
  of: { readonly logger: Logger; readonly requestId: string; readonly route: string },
): Fault {
  if (isFault(thrown)) return thrown;
  const { code, statusCode } = codesOf(thrown);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new Fault('request.too-large', 'The body is larger than this route takes.', {
      next: 'A document has at most 1 MiB; send less at a time.',
    });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Fault('request.invalid', 'The Content-Type is not application/json.', {
      next: 'Send JSON, with Content-Type: application/json.',
    });
  }
  if (code.startsWith('FST_ERR_') && statusCode >= 400 && statusCode < 500) {
    return new Fault('request.invalid', 'The request is not proper HTTP for this server.', {
      facts: { reason: code },
      next: 'Check the address, the Content-Length and the headers.',
    });
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  of.logger.error('a request met a bug', { requestId: of.requestId, route: of.route, stack });
  return new Fault('server.bug', 'The server did something wrong; nothing more is told here.', {
    next: `Look for the request id ${of.requestId} in the server's log, and report it.`,
  });
}

/** Whole seconds (RFC 9110, section 10.2.3), at least one. */
function retryAfter({ retryAfterMs }: Fault): string {
  return String(Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000)));
}

/** RFC 6750, section 3: only a token that came and was refused is an error of the token. */
function wrongToken(fault: Fault): string {
  return fault.code === 'auth.wrong' ? ', error="invalid_token"' : '';
}

function codesOf(thrown: unknown): { code: string; statusCode: number } {
  if (!(thrown instanceof Error)) return { code: '', statusCode: 500 };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const statusCode = 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : 500;
  return { code, statusCode };
}
