/** Gives each call the `traceparent` header (W3C Trace Context, section 3.2) of a span of its own, all of one trace. */
export function startTrace(): () => string {
  const trace = randomHex(16);
  return () => `00-${trace}-${randomHex(8)}-01`;
}

function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
