import { createCipheriv, createHash, randomBytes, type Hash } from 'node:crypto';
import { armor, Encrypter } from 'age-encryption';

/** A value as sops tells them apart; a float has its digits as text. */
export type Plain = string | bigint | boolean | { readonly float: string } | null | readonly Plain[] | PlainMap;
export type PlainMap = { readonly [key: string]: Plain };

export interface SopsFileOptions {
  readonly values: PlainMap;
  /** Seals the data key, as `age --armor` does. */
  readonly seal: { readonly recipient: string; encrypt(key: Uint8Array): Promise<string> }[];
  /** Such as `{ encrypted_regex: '^password$' }`, and whether the value below these keys is sealed by it. */
  readonly rule?: {
    readonly metadata: { readonly [name: string]: string };
    isSealed(path: readonly string[]): boolean;
  };
  readonly macOnlyEncrypted?: boolean;
}

/** Seals with the age library. */
export function sealTo(recipient: string): SopsFileOptions['seal'][number] {
  return {
    recipient,
    async encrypt(key) {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      return armor.encode(await encrypter.encrypt(key));
    },
  };
}

const lastmodified = '2026-03-22T02:24:06Z';
const byDefault = {
  metadata: {},
  isSealed: (path: readonly string[]) => !path.some((key) => key.endsWith('_unencrypted')),
};

/** What sops writes, by its sources and made apart from the reader: the sealed values, and what stands beside them. */
export async function sealFile(options: SopsFileOptions): Promise<{ values: PlainMap; sops: PlainMap }> {
  const { rule = byDefault, macOnlyEncrypted = false } = options;
  const key = randomBytes(32);
  const hash = createHash('sha512');
  if (macOnlyEncrypted)
    hash.update(Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex'));
  const isCovered = (isSealed: boolean) => isSealed || !macOnlyEncrypted;
  const sealMap = (map: PlainMap, path: readonly string[]): PlainMap =>
    Object.fromEntries(Object.entries(map).map(([name, value]) => [name, walk(value, [...path, name])]));
  function walk(value: Plain, path: readonly string[]): Plain {
    if (value === null) return null;
    if (isList(value)) return value.map((item) => walk(item, path));
    if (typeof value === 'object' && !isFloat(value)) return sealMap(value, path);
    const isSealed = rule.isSealed(path);
    const [type, text] = typed(value);
    if (isCovered(isSealed)) hash.update(text);
    return isSealed && text !== '' ? sealValue(key, type, text, `${path.join(':')}:`) : value;
  }
  const values = sealMap(options.values, []);
  const age = await Promise.all(
    options.seal.map(async (to) => ({ recipient: to.recipient, enc: await to.encrypt(key) })),
  );
  return {
    values,
    sops: { age, lastmodified, mac: macOf(hash, key), ...rule.metadata, ...flag(macOnlyEncrypted), version: '3.13.1' },
  };
}

function macOf(hash: Hash, key: Buffer): string {
  return sealValue(key, 'str', hash.digest('hex').toUpperCase(), lastmodified);
}

function flag(macOnlyEncrypted: boolean): PlainMap {
  return macOnlyEncrypted ? { mac_only_encrypted: true } : {};
}

function sealValue(key: Buffer, type: string, text: string, additional: string): string {
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(additional));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`;
}

function typed(value: string | bigint | boolean | { readonly float: string }): [string, string] {
  if (typeof value === 'string') return ['str', value];
  if (typeof value === 'bigint') return ['int', String(value)];
  return typeof value === 'boolean' ? ['bool', value ? 'True' : 'False'] : ['float', value.float];
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

function isFloat(value: PlainMap | { readonly float: string }): value is { readonly float: string } {
  return Object.keys(value).join() === 'float';
}

/** The file as JSON, indented by a tab as sops does. */
export function asJson({ values, sops }: { readonly values: PlainMap; readonly sops: PlainMap }): string {
  return `${jsonOf({ ...values, sops }, '\n')}\n`;
}

function jsonOf(value: Plain, end: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => `${end}\t${jsonOf(item, `${end}\t`)}`).join(',')}${end}]`;
  if (isFloat(value)) return value.float;
  const members = Object.entries(value).map(
    ([key, item]) => `${end}\t${JSON.stringify(key)}: ${jsonOf(item, `${end}\t`)}`,
  );
  return `{${members.join(',')}${end}}`;
}

/** The file as YAML, with a comment as sops leaves them open or sealed. */
export function asYaml({ values, sops }: { readonly values: PlainMap; readonly sops: PlainMap }): string {
  return `# a comment is no value\n${yamlOf({ ...values, sops }, '')}`;
}

function yamlOf(map: PlainMap, indent: string): string {
  return Object.entries(map)
    .map(([key, value]) => `${indent}${JSON.stringify(key)}:${yamlValue(value, indent)}`)
    .join('');
}

function yamlValue(value: Plain, indent: string): string {
  const deeper = `${indent}    `;
  if (isList(value))
    return value.length === 0 ? ' []\n' : `\n${value.map((item) => `${deeper}-${yamlItem(item, deeper)}`).join('')}`;
  if (typeof value === 'object' && value !== null && !isFloat(value)) return `\n${yamlOf(value, deeper)}`;
  if (typeof value === 'string' && value.includes('\n')) {
    const lines = value.replace(/\n$/, '').split('\n');
    return ` |${value.endsWith('\n') ? '' : '-'}\n${lines.map((line) => `${deeper}${line}\n`).join('')}`;
  }
  return ` ${jsonOf(value, '')}\n`;
}

function yamlItem(item: Plain, indent: string): string {
  if (typeof item !== 'object' || item === null || isList(item) || isFloat(item)) return yamlValue(item, indent);
  return `\n${yamlOf(item, `${indent}    `)}`;
}

/** The file as dotenv: what stands beside the values is flattened. */
export function asDotenv({ values, sops }: { readonly values: PlainMap; readonly sops: PlainMap }): string {
  const line = (key: string, value: Plain) =>
    `${key}=${(typeof value === 'string' ? value : jsonOf(value, '')).replaceAll('\n', '\\n')}\n`;
  const beside = Object.entries(sops).flatMap(([key, value]) => {
    if (!isList(value)) return [line(`sops_${key}`, value)];
    return value.flatMap((item, index) =>
      Object.entries(item as PlainMap).map(([name, inner]) => line(`sops_${key}__list_${index}__map_${name}`, inner)),
    );
  });
  return ['# a comment\n', ...Object.entries(values).map(([key, value]) => line(key, value)), ...beside].join('');
}
