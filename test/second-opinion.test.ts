import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { canonical } from '../core/canonical.ts';
import { createLedgerAudit, type Audit } from '../core/ledger-audit.ts';
import { readCheckpoint, readReceipt } from '../core/ledger-evidence.ts';
import { firstPrevious, leafHashOf, type LedgerEntry } from '../core/ledger.ts';
import { checkpointText, parseCheckpoint } from '../core/tree/checkpoint.ts';
import { formatKeyChange, keyChangeText } from '../core/tree/key-change.ts';
import { createTreeBuilder, hashLeaf } from '../core/tree/merkle.ts';
import { formatNote, formatVerifierKey, parseNote, parseVerifierKey, verifierKey } from '../core/tree/note.ts';
import { startServed, type Served } from './support/served.ts';

const platform = `apiVersion: drayage/v1
kind: Platform
clusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe] } }
`;
const verifier = join(import.meta.dirname, '..', 'tool', 'verify-ledger', 'verify-ledger.mjs');

type Verdict = Audit['kind'];

const verdictOf: Readonly<Record<number, Verdict>> = { 0: 'whole', 1: 'broken', 13: 'unknown' };

/** What the verifier says that shares nothing with Drayage. */
async function otherVerdict(args: readonly string[], token = ''): Promise<{ verdict: Verdict; said: string }> {
  const env = { PATH: process.env['PATH'], DRAYAGE_TOKEN: token };
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [verifier, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      const verdict = verdictOf[code];
      if (verdict === undefined) reject(new Error(`exit code ${code}: ${stderr}`));
      else resolve({ verdict, said: `${stdout}${stderr}` });
    });
  });
}

/** What Drayage itself says of an export. */
function ownVerdict(text: string, key: string | null, receipt: string | null): Verdict {
  const lines = text.split('\n');
  const isCut = lines.pop() !== '';
  const last = lines.at(-1) ?? '';
  const note = last.startsWith('{"checkpoint":') ? readNote(last) : null;
  const checkpoint = note === null ? null : readCheckpoint('the export', note);
  const kept = receipt === null ? null : readReceipt('the receipt', receipt);
  const given = key === null ? null : parseVerifierKey(key);
  const audit = createLedgerAudit({
    keys: given === null ? [] : [given],
    evidence: [checkpoint, kept].filter((each) => each !== null),
  });
  for (const line of last.startsWith('{"checkpoint":') ? lines.slice(0, -1) : lines) {
    const entry = readEntry(line);
    if (entry === null) return 'broken';
    const { sequence, prev, kind, payload } = entry;
    if (!audit.add({ sequence, prev, kind, payload, leaf: leafHashOf(line), storedHash: null })) return 'broken';
  }
  const { kind } = audit.end(null);
  return kind === 'whole' && (isCut || checkpoint === null) ? 'unknown' : kind;
}

function readNote(line: string): string | null {
  try {
    return String(JSON.parse(line).checkpoint);
  } catch {
    return null;
  }
}

function readEntry(line: string): LedgerEntry | null {
  try {
    const entry: LedgerEntry = JSON.parse(line);
    return canonical(entry) === line ? entry : null;
  } catch {
    return null;
  }
}

/** The entries with some of them changed, and every hash after that made anew: a history that agrees with itself. */
function forged(lines: readonly string[], change: (entry: LedgerEntry) => LedgerEntry | null): readonly string[] {
  let prev = firstPrevious;
  const made: string[] = [];
  for (const line of lines) {
    const changed = change(JSON.parse(line));
    if (changed === null) continue;
    const text = canonical({ ...changed, sequence: made.length + 1, prev });
    prev = leafHashOf(text);
    made.push(text);
  }
  return made;
}

function signedBy(privateKey: KeyObject, origin: string, lines: readonly string[]): string {
  const tree = createTreeBuilder();
  for (const line of lines) tree.add(hashLeaf(Buffer.from(line)));
  const text = checkpointText({ origin, size: tree.size(), root: tree.root() });
  const { name, id } = keyOf(privateKey, origin);
  return formatNote({ text, signatures: [{ name, id, signature: sign(null, Buffer.from(text), privateKey) }] });
}

function keyOf(privateKey: KeyObject, origin: string) {
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return verifierKey(origin, Buffer.from(x, 'base64url'));
}

suite('a ledger that a real server made, its key changed twice', () => {
  let served: Served;
  let lines: readonly string[] = [];
  let note = '';
  let firstKey = '';
  let receipt = '';
  let receiptFile = '';

  before(async () => {
    served = await startServed(platform);
    const { client } = served;
    firstKey = (await client.call('doctor')).signing.key;
    await tokens(90, '\u2028 "quoted" \u00e9\ud83d\ude00');
    receipt = (await client.call('ledgerReceipt', { params: { sequence: 60 } })).proof ?? '';
    receiptFile = join(served.data, 'kept.tlog-proof');
    await writeFile(receiptFile, receipt);
    await client.call('rotateSigningKey', { body: {} });
    await tokens(110, 'b');
    await client.call('rotateSigningKey', { body: {} });
    await tokens(100, 'c');
    await client.call('ledgerReceipt', { params: { sequence: (await client.call('doctor')).head.sequence } });
    note = await client.text('ledgerCheckpoint');
    const { entries } = await client.call('ledgerEntries', { query: { limit: 1_000 } });
    lines = entries.slice(0, sizeOf(note)).map((entry) => canonical(entry));
    assert.ok(lines.length > 300, `${lines.length} entries`);
  });
  after(async () => {
    await served.close();
  });

  async function tokens(count: number, name: string): Promise<void> {
    for (let done = 0; done < count; done += 10) {
      await Promise.all(
        Array.from({ length: 10 }, async () => await served.client.call('createToken', { body: { name } })),
      );
    }
  }
  function sizeOf(of: string): number {
    const parsed = parseNote(of);
    return (parsed === null ? null : parseCheckpoint(parsed))?.size ?? 0;
  }
  const exported = (of: readonly string[], by: string | null) =>
    [...of, ...(by === null ? [] : [JSON.stringify({ checkpoint: by })]), ''].join('\n');

  /** Both verdicts on an export, which must be the same. */
  async function verdict(text: string, key: string | null = firstKey, withReceipt = false): Promise<Verdict> {
    const file = join(served.data, 'export.jsonl');
    await writeFile(file, text);
    const options = [...(key === null ? [] : ['--key', key]), ...(withReceipt ? ['--receipt', receiptFile] : [])];
    const { verdict: other, said } = await otherVerdict([file, ...options]);
    assert.equal(other, ownVerdict(text, key, withReceipt ? receipt : null), said);
    return other;
  }

  test('is whole to both, with the first key and with none, and holds what a receipt of the first key proves', async () => {
    assert.equal(await verdict(exported(lines, note)), 'whole');
    assert.equal(await verdict(exported(lines, note), null), 'whole');
    assert.equal(await verdict(exported(lines, note), firstKey, true), 'whole');
  });

  test('is whole to both with the newest key, by which the ledger proves the older one of a receipt', async () => {
    const { key } = (await served.client.call('doctor')).signing;
    assert.notEqual(key, firstKey);
    assert.equal(await verdict(exported(lines, note), key, true), 'whole');
  });

  test('is whole as tlog-tiles over HTTP, every tile and entry of it', async () => {
    const { verdict: said, said: text } = await otherVerdict(
      ['--url', served.url, '--key', firstKey, '--receipt', receiptFile],
      served.token,
    );
    assert.equal(said, 'whole', text);
    assert.match(text, /proves entry 60, and the ledger holds it/);
  });

  test('one altered byte, one dropped, swapped, inserted, cut entry is found by both', async () => {
    const at = 150;
    const flipped = lines.map((line, index) => (index === at ? line.replace('"v":', '"w":') : line));
    const later = lines.map((line, index) => (index === at ? line.replace(/"time":(\d+)/, '"time":1$1') : line));
    const swapped = lines.with(at, lines[at + 1] ?? '').with(at + 1, lines[at] ?? '');
    const inserted = lines.toSpliced(at, 0, lines[at] ?? '');
    for (const changed of [flipped, later, lines.toSpliced(at, 1), swapped, inserted, lines.slice(1)]) {
      assert.equal(await verdict(exported(changed, note)), 'broken');
    }
    assert.equal(await verdict(exported(lines.slice(0, -1), note)), 'broken');
  });

  test('what was cut off at its end, or is not signed by the key, is unknown to both and never whole', async () => {
    const whole = exported(lines, note);
    assert.equal(await verdict(exported(lines, null)), 'unknown');
    assert.equal(await verdict(exported(lines.slice(0, 100), null)), 'unknown');
    assert.equal(await verdict(exported(lines, `${note.slice(0, -8)}AAAAAA=\n`)), 'unknown');
    const stranger = generateKeyPairSync('ed25519').privateKey;
    assert.equal(await verdict(whole, formatVerifierKey(keyOf(stranger, 'drayage/0000000000000000'))), 'unknown');
  });

  test('a history that was written anew and agrees with itself is found by both', async () => {
    const renamed = forged(lines, (entry) => (entry.sequence === 70 ? { ...entry, actor: 't-nobody' } : entry));
    assert.equal(await verdict(exported(renamed, note)), 'broken');
    const shortened = forged(lines, (entry) => (entry.sequence === 70 ? null : entry));
    assert.equal(await verdict(exported(shortened, note)), 'broken');
    // Signed with a key of the forger's own, which nobody handed over to.
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const origin = note.slice(0, note.indexOf('\n'));
    const key = formatVerifierKey(keyOf(stranger, origin));
    const handed = forged(lines, (entry) =>
      entry.kind === 'signing-key-changed' && entry.payload['previous'] !== null
        ? { ...entry, payload: { ...entry.payload, key } }
        : entry,
    );
    assert.equal(await verdict(exported(handed, signedBy(stranger, origin, handed))), 'unknown');
    assert.equal(await verdict(exported(handed, signedBy(stranger, origin, handed)), null), 'unknown');
  });

  test('a forger who hands over to the trusted key is believed by neither', async () => {
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const origin = note.slice(0, note.indexOf('\n'));
    const present = keyOf(stranger, origin);
    const next = parseVerifierKey(firstKey);
    assert.ok(next !== null);
    const text = keyChangeText(present, next);
    const handover = formatKeyChange(present, next, sign(null, Buffer.from(text), stranger));
    const [own, changed] = [
      formatVerifierKey(present),
      { key: firstKey, previous: formatVerifierKey(present), handover },
    ];
    let changes = 0;
    const anew = forged(lines.slice(0, 120), (entry) => {
      if (entry.kind !== 'signing-key-changed') return entry;
      changes += 1;
      const payload = changes === 1 ? { key: own, previous: null, handover: null } : changed;
      return { ...entry, payload };
    });
    assert.equal(changes, 2);
    assert.equal(await verdict(exported(anew, signedBy(stranger, origin, anew))), 'unknown');
  });

  test('a ledger that ends before a receipt, or is another one at its entry, is found by the receipt', async () => {
    // Whoever stole the very first key can sign anything, but not what contradicts a receipt that is out of reach.
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const origin = note.slice(0, note.indexOf('\n'));
    const key = formatVerifierKey(keyOf(stranger, origin));
    const anew = forged(lines.slice(0, 50), (entry) =>
      entry.kind === 'signing-key-changed' ? { ...entry, payload: { ...entry.payload, key } } : entry,
    );
    const text = exported(anew, signedBy(stranger, origin, anew));
    assert.equal(await verdict(text, null), 'whole');
    assert.notEqual(await verdict(text, null, true), 'whole');
  });
});
