const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** A year: browsers then ask by https only (RFC 6797). */
const strictTransport = { 'strict-transport-security': 'max-age=31536000' } as const;

/** The headers of every answer, streams and problems included. */
export function commonHeaders(of: {
  readonly version: string;
  readonly requestId: string;
  /** Whether people reach the server by https. */
  readonly isHttps: boolean;
}): Record<string, string> {
  return {
    ...securityHeaders,
    ...(of.isHttps ? strictTransport : {}),
    'x-request-id': of.requestId,
    'drayage-version': of.version,
  };
}

/**
 * The headers of a page: its own scripts, styles, pictures and requests and nothing else; no frame, form or base of
 * another's; script text only where no string becomes one (Trusted Types). The Referrer-Policy lets a browser name its
 * Origin to this server, by which a request of the page is told from one of another site.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'same-origin',
};
