/** What a registry asks for in `WWW-Authenticate`. */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string | null; readonly scope: string | null };

interface Scheme {
  readonly name: string;
  readonly parameters: Map<string, string>;
}

const longestHeader = 8192;
const token = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+`;
const parameterPattern = new RegExp(String.raw`[\s,]*(${token})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(${token}))`, 'y');
const schemePattern = new RegExp(String.raw`[\s,]*(${token})(?=\s|,|$)`, 'y');

/**
 * Reads a `WWW-Authenticate` header (RFC 9110, section 11.6.1), which may hold several challenges. Bearer goes before
 * Basic; null when there is neither, or a bearer challenge without a realm.
 */
export function parseChallenge(header: string): Challenge | null {
  const schemes = readSchemes(header.slice(0, longestHeader));
  const bearer = schemes.find((scheme) => scheme.name === 'bearer');
  const realm = bearer?.parameters.get('realm');
  if (bearer !== undefined && realm !== undefined) {
    const { parameters } = bearer;
    return {
      kind: 'bearer',
      realm,
      service: parameters.get('service') ?? null,
      scope: parameters.get('scope') ?? null,
    };
  }
  return schemes.some((scheme) => scheme.name === 'basic') ? { kind: 'basic' } : null;
}

function readSchemes(header: string): Scheme[] {
  const schemes: Scheme[] = [];
  let position = 0;
  while (position < header.length) {
    parameterPattern.lastIndex = position;
    const parameter = parameterPattern.exec(header);
    const last = schemes.at(-1);
    if (parameter !== null && last !== undefined) {
      const value = parameter[2]?.replaceAll(/\\(.)/g, '$1') ?? parameter[3] ?? '';
      last.parameters.set((parameter[1] ?? '').toLowerCase(), value);
      position = parameterPattern.lastIndex;
      continue;
    }
    schemePattern.lastIndex = position;
    const scheme = schemePattern.exec(header);
    if (scheme === null) return schemes;
    schemes.push({ name: (scheme[1] ?? '').toLowerCase(), parameters: new Map() });
    position = schemePattern.lastIndex;
  }
  return schemes;
}
