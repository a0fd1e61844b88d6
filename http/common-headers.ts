const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The headers of every answer, streams and problems included. */
export function commonHeaders(of: { readonly version: string; readonly requestId: string }): Record<string, string> {
  return { ...securityHeaders, 'x-request-id': of.requestId, 'drayage-version': of.version };
}
