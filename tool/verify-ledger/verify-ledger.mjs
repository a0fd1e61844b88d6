#!/usr/bin/env node
// A second opinion on a Drayage ledger. One file, no dependency, nothing shared with Drayage itself: written from
// RFC 6962 and RFC 9162 (Merkle tree), RFC 8785 (canonical JSON), RFC 8032 (Ed25519), and C2SP's signed-note,
// tlog-checkpoint, tlog-proof and tlog-tiles.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const usage = `Verifies a Drayage ledger without Drayage.

  verify-ledger.mjs EXPORT --key KEY [--receipt FILE]...      of "dray ledger export"; - is standard input
  verify-ledger.mjs --url URL --key KEY [--receipt FILE]...   of a server, as tlog-tiles; token in DRAYAGE_TOKEN

KEY is a verifier key (name+id+base64) or a file that holds one. Without it the first key that the ledger names is
taken, which shows only that the ledger agrees with itself.

Exit codes: 0 whole, 1 something is wrong, 2 wrong usage, 13 it cannot be told.`;

class Wrong extends Error {}
class Unknown extends Error {}
class Usage extends Error {}

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafOf = (bytes) => sha256(Buffer.of(0), bytes);
const nodeOf = (left, right) => sha256(Buffer.of(1), left, right);

/** A tree that grows by leaves: a root for each power of two in its size, the largest first. */
class Tree {
  size = 0;
  peaks = [];

  add(leaf) {
    let peak = { leaves: 1, hash: leaf };
    while (this.peaks.length > 0 && this.peaks[this.peaks.length - 1].leaves === peak.leaves) {
      const left = this.peaks.pop();
      peak = { leaves: peak.leaves * 2, hash: nodeOf(left.hash, peak.hash) };
    }
    this.peaks.push(peak);
    this.size += 1;
  }

  root() {
    if (this.peaks.length === 0) return sha256();
    let at = this.peaks.length - 1;
    let { hash } = this.peaks[at];
    while (at > 0) hash = nodeOf(this.peaks[--at].hash, hash);
    return hash;
  }
}

/** The root that an inclusion proof leads to, by the recursion of RFC 6962, section 2.1.1; null when it does not fit. */
function rootByProof(leaf, index, size, proof) {
  const rest = [...proof];
  const climb = (at, width) => {
    if (width === 1) return leaf;
    let half = 1;
    while (half * 2 < width) half *= 2;
    const isLeft = at < half;
    const inner = isLeft ? climb(at, half) : climb(at - half, width - half);
    const sibling = rest.shift();
    if (inner === null || sibling === undefined) return null;
    return isLeft ? nodeOf(inner, sibling) : nodeOf(sibling, inner);
  };
  if (!(index >= 0 && index < size)) return null;
  const root = climb(index, size);
  return rest.length === 0 ? root : null;
}

// ---- canonical JSON (RFC 8785): members sorted by UTF-16 units, numbers and strings as ECMAScript writes them

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

// ---- notes and checkpoints

function strictBase64(text) {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function readKey(text) {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text.trim());
  const bytes = match === null ? null : strictBase64(match[3]);
  if (bytes === null || bytes.length !== 33 || bytes[0] !== 1) return null;
  const id = sha256(match[1], '\n', bytes).subarray(0, 4);
  if (id.toString('hex') !== match[2]) return null;
  const x = bytes.subarray(1).toString('base64url');
  return {
    text: text.trim(),
    name: match[1],
    id,
    key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
  };
}

/** The text and the signatures of a signed note; null when it is none. */
function readNote(note) {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const signatures = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const match = /^\u2014 ([^+\s]+) (\S+)$/u.exec(line);
    const bytes = match === null ? null : strictBase64(match[2]);
    if (bytes === null || bytes.length < 5) return null;
    signatures.push({ name: match[1], id: bytes.subarray(0, 4), signature: bytes.subarray(4) });
  }
  return { text: note.slice(0, end + 1), signatures };
}

/** The first of the keys that signed the note; null when none did, or when a signature by one of them is wrong. */
function signerOf(note, keys) {
  let signer = null;
  for (const { name, id, signature } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.id.equals(id));
    if (key === undefined) continue;
    if (!verify(null, Buffer.from(note.text), key.key, signature)) return null;
    signer ??= key;
  }
  return signer;
}

function readCheckpoint(text) {
  const note = readNote(text);
  const [origin = '', size = '', root = ''] = note === null ? [] : note.text.split('\n');
  const hash = strictBase64(root);
  if (note === null || origin === '' || !/^(0|[1-9]\d{0,14})$/.test(size) || hash === null || hash.length !== 32)
    return null;
  return { note, origin, size: Number(size), root: hash };
}

/** Opens a checkpoint that one of the keys must have signed: any other proves nothing, in either direction. */
function openCheckpoint(text, keys, what) {
  const checkpoint = readCheckpoint(text);
  if (checkpoint === null) throw new Unknown(`${what} is no signed checkpoint`);
  const signer = signerOf(checkpoint.note, keys);
  if (signer === null) throw new Unknown(`${what} is not signed by a trusted key`);
  if (signer.name !== checkpoint.origin)
    throw new Unknown(`${what} is of ${checkpoint.origin}, but ${signer.name} signed it`);
  return { ...checkpoint, signer };
}

function readReceipt(path) {
  const text = readFileSync(path, 'utf8');
  const end = text.indexOf('\n\n');
  const lines = end < 0 ? [] : text.slice(0, end).split('\n');
  const isProof = lines.shift() === 'c2sp.org/tlog-proof@v1';
  const extra = lines[0]?.startsWith('extra ') ? strictBase64(lines.shift().slice(6)) : null;
  const index = /^index (0|[1-9]\d{0,14})$/.exec(lines.shift() ?? '');
  const proof = lines.map(strictBase64);
  if (!isProof || index === null || proof.some((hash) => hash === null || hash.length !== 32))
    throw new Unknown(`${path} is no receipt`);
  return { path, leaf: extra, index: Number(index[1]), proof, note: text.slice(end + 2) };
}

/** Follows changes of the key: a trusted key must itself have signed the next one. */
class Keys {
  /** Trusted so far: what may sign the ledger's head. */
  trusted;
  /** All that the ledger names: good for receipts once its head is trusted. */
  named = [];
  isGiven;

  constructor(given) {
    this.trusted = given === null ? [] : [given];
    this.isGiven = given !== null;
  }

  learn({ key, previous, handover }) {
    const next = readKey(String(key));
    if (next === null) return;
    this.named.push(next);
    if (!this.isGiven && this.trusted.length === 0) this.trusted.push(next);
    const before = this.trusted.find(({ text }) => text === previous);
    const note = before === undefined || typeof handover !== 'string' ? null : readNote(handover);
    if (note === null || note.text !== `${before.name}\nnext signing key\n${next.text}\n`) return;
    if (signerOf(note, [before]) !== null) this.trusted.push(next);
  }
}

/** Takes entries in order, each as its bytes, and checks that each follows from the one before. */
class Ledger {
  tree = new Tree();
  head = sha256().toString('hex');
  /** Sizes whose root, and indexes whose leaf, are asked for later. */
  roots = new Map();
  leaves = new Map();
  recovered = [];
  keys;

  constructor(keys, receipts) {
    this.keys = keys;
    for (const { index, note } of receipts) {
      this.leaves.set(index, null);
      const size = readCheckpoint(note)?.size;
      if (size !== undefined) this.roots.set(size, null);
    }
  }

  add(bytes) {
    const number = this.tree.size + 1;
    let entry;
    try {
      entry = JSON.parse(bytes.toString('utf8'));
    } catch {
      throw new Wrong(`entry ${number} is no JSON`);
    }
    if (!Buffer.from(canonical(entry)).equals(bytes)) throw new Wrong(`entry ${number} is not in its canonical form`);
    if (entry.sequence !== number)
      throw new Wrong(`entry ${number} is missing; entry ${entry.sequence} stands in its place`);
    if (entry.prev !== this.head) throw new Wrong(`entry ${number} does not continue the one before`);
    const leaf = leafOf(bytes);
    this.head = leaf.toString('hex');
    this.tree.add(leaf);
    if (this.leaves.has(number - 1)) this.leaves.set(number - 1, leaf);
    if (this.roots.has(number)) this.roots.set(number, this.tree.root());
    if (entry.kind === 'signing-key-changed') this.keys.learn(entry.payload);
    if (entry.kind === 'ledger-recovered') this.recovered.push(number);
  }

  /** The whole ledger against the checkpoint at its end, which must cover all of it. */
  close(text, what) {
    const checkpoint = openCheckpoint(text, this.keys.trusted, what);
    const { size } = this.tree;
    if (checkpoint.size > size)
      throw new Wrong(`entries ${size + 1} to ${checkpoint.size} are missing: ${what} covers them`);
    if (checkpoint.size < size) throw new Unknown(`entries ${checkpoint.size + 1} to ${size} are signed by nobody yet`);
    if (!checkpoint.root.equals(this.tree.root()))
      throw new Wrong(`entries 1 to ${size} are not those that ${what} was signed over`);
    return checkpoint;
  }

  /** A receipt against a ledger whose head is trusted: so are all keys that it names. */
  check({ path, leaf, index, proof, note }) {
    const checkpoint = openCheckpoint(note, [...this.keys.trusted, ...this.keys.named], path);
    const by = rootByProof(leaf ?? sha256(), index, checkpoint.size, proof);
    if (by === null || !by.equals(checkpoint.root))
      throw new Unknown(`${path} contradicts itself: its proof is not that of its checkpoint`);
    const { size } = this.tree;
    const recovery =
      this.recovered.length === 0 ? '' : `; the ledger was recovered at entry ${this.recovered.join(', ')}`;
    if (checkpoint.size > size)
      throw new Wrong(
        `entries ${size + 1} to ${checkpoint.size} are missing: ${path} proves that they were there${recovery}`,
      );
    if (!this.roots.get(checkpoint.size)?.equals(checkpoint.root))
      throw new Wrong(`entries 1 to ${checkpoint.size} are not those of ${path}${recovery}`);
    if (!this.leaves.get(index)?.equals(leaf)) throw new Wrong(`entry ${index + 1} is not that of ${path}`);
    return `${path} proves entry ${index + 1}, and the ledger holds it`;
  }
}

/** The lines of a file without their newlines; one that is not ended, and one above 1 MiB, are wrong. */
async function* linesOf(path) {
  let rest = Buffer.alloc(0);
  for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
    rest = Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, begin)) {
      yield rest.subarray(begin, end);
      begin = end + 1;
    }
    rest = rest.subarray(begin);
    if (rest.length > 1_048_576) throw new Wrong('a line is longer than any entry');
  }
  if (rest.length > 0) throw new Unknown('the export ends in the middle of a line: it was cut');
}

async function verifyExport(path, ledger) {
  let end = null;
  for await (const line of linesOf(path)) {
    if (end !== null) throw new Wrong('something stands behind the checkpoint');
    if (!line.subarray(0, 14).equals(Buffer.from('{"checkpoint":'))) {
      ledger.add(line);
      continue;
    }
    try {
      end = JSON.parse(line.toString('utf8')).checkpoint;
    } catch {
      throw new Unknown('the line of the checkpoint is cut');
    }
  }
  if (typeof end !== 'string')
    throw new Unknown(`the export has no checkpoint at its end: it was cut, or never signed`);
  return ledger.close(end, 'the checkpoint of the export');
}

// ---- a server, by tlog-tiles

async function get(url, path) {
  const token = process.env.DRAYAGE_TOKEN ?? '';
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/ledger/${path}`, { headers, signal: AbortSignal.timeout(60_000) });
  if (!answer.ok)
    throw new Unknown(`${path} is answered with ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  return Buffer.from(await answer.arrayBuffer());
}

function tileAddress(level, index, width) {
  let rest = index;
  let address = String(rest % 1000).padStart(3, '0');
  for (rest = Math.floor(rest / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    address = `x${String(rest % 1000).padStart(3, '0')}/${address}`;
  }
  return `tile/${level}/${address}${width === 256 ? '' : `.p/${width}`}`;
}

function entriesOf(bundle, address) {
  const entries = [];
  for (let at = 0; at < bundle.length;) {
    const end = at + 2 + (at + 2 <= bundle.length ? bundle.readUInt16BE(at) : Infinity);
    if (end > bundle.length) throw new Wrong(`${address} is cut`);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** Every entry and every tile of hashes that the checkpoint stands for. */
async function verifyServer(url, ledger) {
  const note = (await get(url, 'checkpoint')).toString('utf8');
  const size = readCheckpoint(note)?.size;
  if (size === undefined) throw new Wrong('the checkpoint of the server is none');
  let level = [];
  for (let from = 0; from < size; from += 256) {
    const address = tileAddress('entries', from / 256, Math.min(256, size - from));
    const entries = entriesOf(await get(url, address), address);
    if (entries.length !== Math.min(256, size - from)) throw new Wrong(`${address} holds ${entries.length} entries`);
    for (const entry of entries) {
      ledger.add(entry);
      level.push(leafOf(entry));
    }
  }
  const checkpoint = ledger.close(note, 'the checkpoint of the server');
  for (let number = 0; level.length > 0; number += 1) {
    const above = [];
    for (let from = 0; from < level.length; from += 256) {
      const hashes = level.slice(from, from + 256);
      const address = tileAddress(number, from / 256, hashes.length);
      if (!(await get(url, address)).equals(Buffer.concat(hashes)))
        throw new Wrong(`${address} is not made of the entries`);
      if (hashes.length < 256) continue;
      const tree = new Tree();
      for (const hash of hashes) tree.add(hash);
      above.push(tree.root());
    }
    level = above;
  }
  return checkpoint;
}

const string = { type: 'string' };
const known = { key: string, receipt: { ...string, multiple: true }, url: string, help: { type: 'boolean' } };

function options() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: known });
    if (!values.help && (positionals.length === 1) === (values.url !== undefined)) throw new Usage(usage);
    return { receipt: [], ...values, path: positionals[0] };
  } catch (error) {
    throw error instanceof Usage ? error : new Usage(`${error.message}\n\n${usage}`);
  }
}

/** The key in an argument: itself, or the name of a file that holds one. */
function givenKey(text) {
  if (text === undefined) return null;
  const key = readKey(text) ?? (existsSync(text) ? readKey(readFileSync(text, 'utf8')) : null);
  if (key === null) throw new Usage(`${text} is no verifier key, and no file that holds one`);
  return key;
}

async function main() {
  const { help, key, receipt, url, path } = options();
  if (help) return console.log(usage);
  const keys = new Keys(givenKey(key));
  const receipts = receipt.map(readReceipt);
  const ledger = new Ledger(keys, receipts);
  const { size, signer } =
    url === undefined ? await verifyExport(path, ledger) : await verifyServer(url.replace(/\/$/, ''), ledger);
  const proven = receipts.map((each) => ledger.check(each));
  console.log(`whole: ${size} entries, signed by ${signer.text}`);
  for (const line of proven) console.log(line);
  if (!keys.isGiven) console.log('no key was given: the first one that the ledger names was believed');
}

try {
  await main();
} catch (error) {
  const [code, word] =
    error instanceof Usage ? [2, ''] : error instanceof Unknown ? [13, 'unknown: '] : [1, 'broken: '];
  if (!(error instanceof Usage || error instanceof Unknown || error instanceof Wrong) && error.code !== 'ENOENT')
    throw error;
  console.error(`${word}${error.message}`);
  process.exitCode = error.code === 'ENOENT' ? 2 : code;
}
