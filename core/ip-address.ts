/** Whether a text is an IPv4 address in four decimal parts, or an IPv6 address (RFC 4291, 2.2) without a zone. */
export function isIpAddress(text: string): boolean {
  return isV4(text) || isV6(text);
}

function isV4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isV6(text: string): boolean {
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1);
  // An IPv4 address may stand for the last two groups.
  const hasV4 = last !== undefined && last.includes('.') && text.endsWith(last);
  const plain = hasV4 ? groups.slice(0, -1) : groups;
  if (hasV4 && !isV4(last)) return false;
  const count = plain.length + (hasV4 ? 2 : 0);
  return plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group)) && (halves.length === 2 ? count <= 7 : count === 8);
}
