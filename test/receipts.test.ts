import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { canonical } from '../core/canonical.ts';
import { openCheckpoint } from '../core/tree/checkpoint.ts';
import { parseVerifierKey, type VerifierKey } from '../core/tree/note.ts';
import { isIncluded } from '../core/tree/proof.ts';
import { parseReceipt } from '../core/tree/receipt.ts';
import { readBundle } from '../core/tree/tile.ts';
import type { ReceiptView } from '../wire/common.ts';
import { runDray } from './support/dray.ts';
import { startServed, type Served } from './support/served.ts';

const platform = `apiVersion: drayage/v1
kind: Platform
clusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe] } }
`;

suite('receipts and tiles of a real server', () => {
  let served: Served;
  let keys: readonly VerifierKey[] = [];
  let release: ReceiptView;

  before(async () => {
    served = await startServed(platform);
    const key = parseVerifierKey((await served.client.call('doctor')).signing.key);
    assert.ok(key !== null);
    keys = [key];
    const text = `services:\n  cart:\n    image: ${served.registry.host}/cart:1\n    deploy: { update_config: { monitor: 1s } }\n`;
    const body = { service: 'cart', version: '1', compose: { name: 'compose.yaml', text } };
    release = (await served.client.call('createRelease', { body })).receipt;
  });
  after(async () => {
    await served.close();
  });

  /** The sequence of the entry that the text proves to be on the ledger. */
  function proven(text: string | null, hash?: string): number {
    const receipt = parseReceipt(text ?? '');
    assert.ok(receipt !== null, `a receipt: ${text}`);
    const opened = openCheckpoint(receipt.note, keys);
    assert.ok(opened.kind === 'signed');
    assert.ok(isIncluded({ ...receipt, ...opened.checkpoint }));
    if (hash !== undefined) assert.equal(Buffer.from(receipt.leaf).toString('hex'), hash);
    return receipt.index + 1;
  }
  const dray = async (...args: string[]) =>
    await runDray(args, {
      env: { DRAYAGE_URL: served.url, DRAYAGE_TOKEN: served.token },
      folder: served.data,
      limitMs: 60_000,
    });
  const fetched = async (path: string, headers: Record<string, string> = {}) =>
    await fetch(`${served.url}${path}`, { headers: { authorization: `Bearer ${served.token}`, ...headers } });

  test('the answer to a release proves that it is on the ledger', () => {
    assert.equal(proven(release.proof, release.hash), release.sequence);
  });

  test('dray deploy --receipt keeps the proofs of the acceptance and of the end, and replaces no file', async () => {
    const deployed = await dray('deploy', 'dev', '--set', 'cart=1', '--receipt', 'cart.tlog-proof', '--json');
    assert.equal(deployed.code, 0, deployed.stderr);
    const { receipts, id, sequence } = JSON.parse(deployed.stdout);
    assert.equal(proven(receipts.accepted.proof, receipts.accepted.hash), sequence);
    assert.equal(proven(await readFile(join(served.data, 'cart.tlog-proof'), 'utf8')), sequence);
    const ended = proven(await readFile(join(served.data, 'cart.tlog-proof.ended'), 'utf8'));
    const { entries } = await served.client.call('ledgerEntries', { query: { after: ended - 1, limit: 1 } });
    assert.equal(entries[0]?.kind, 'deployment-ended');
    const again = await dray('deploy', 'dev', '--set', 'cart=1', '--receipt', 'cart.tlog-proof');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /cart\.tlog-proof is there already/);
    // A deployment's page stays the same while nothing happens, so that whoever polls it gets a 304.
    const page = await fetched(`/v1/deployments/${id}`);
    const same = await fetched(`/v1/deployments/${id}`, { 'if-none-match': page.headers.get('etag') ?? '' });
    assert.deepEqual([page.status, same.status], [200, 304]);
    const of = await dray('ledger', 'receipt', id);
    assert.equal(proven(of.stdout), ended);
  });

  test('a receipt of what is not there is refused by name', async () => {
    const unknown = await dray('ledger', 'receipt', '999999');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /no entry 999999/);
  });

  test('a new key is put in force only when that is confirmed', async () => {
    assert.equal((await dray('ledger', 'rotate-key')).code, 2);
    const before = (await served.client.call('doctor')).signing.key;
    const changed = await dray('ledger', 'rotate-key', '--yes', '--json');
    assert.equal(changed.code, 0, changed.stderr);
    const { key, previous } = JSON.parse(changed.stdout);
    assert.equal(previous, before);
    assert.equal((await served.client.call('doctor')).signing.key, key);
    const next = parseVerifierKey(key);
    assert.ok(next !== null);
    keys = [...keys, next];
  });

  test('the checkpoint is open to everybody, a tile to whoever may read', async () => {
    const checkpoint = await fetch(`${served.url}/ledger/checkpoint`);
    assert.equal(checkpoint.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.match(checkpoint.headers.get('cache-control') ?? '', /^no-(?:cache|store)$/);
    assert.equal(openCheckpoint(await checkpoint.text(), keys).kind, 'signed');
    assert.equal((await fetch(`${served.url}/ledger/tile/0/000.p/1`)).status, 401);
  });

  test('tiles hold the hashes and the entries, never change, and end where the checkpoint ends', async () => {
    const hashes = await fetched('/ledger/tile/0/000.p/3');
    assert.equal(hashes.headers.get('content-type'), 'application/octet-stream');
    assert.equal(hashes.headers.get('cache-control'), 'private, max-age=31536000, immutable');
    assert.equal((await hashes.arrayBuffer()).byteLength, 96);
    const size = Number((await served.client.text('ledgerCheckpoint')).split('\n')[1]);
    const { entries } = await served.client.call('ledgerEntries', { query: { limit: 1_000 } });
    const bundle = await fetched(`/ledger/tile/entries/000.p/${size}`);
    const read = readBundle(new Uint8Array(await bundle.arrayBuffer()));
    assert.deepEqual(
      read?.map((bytes) => Buffer.from(bytes).toString()),
      entries.slice(0, size).map((entry) => canonical(entry)),
    );
    for (const beyond of [
      `0/000.p/${size + 1}`,
      'entries/001.p/1',
      '0/000',
      '1/000.p/1',
      '7/x999/999',
      'entries',
      '..',
    ]) {
      assert.equal((await fetched(`/ledger/tile/${beyond}`)).status, 404, beyond);
    }
  });

  test('a bundle of entries is compressed for whoever asks', async () => {
    const path = '/ledger/tile/entries/000.p/10';
    const plain = await (await fetched(path, { 'accept-encoding': 'identity' })).arrayBuffer();
    const headers = { authorization: `Bearer ${served.token}`, 'accept-encoding': 'gzip' };
    const packed = await new Promise<Buffer>((resolve, reject) => {
      const asked = request(`${served.url}${path}`, { headers, agent: false }, (answer) => {
        assert.equal(answer.headers['content-encoding'], 'gzip');
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => resolve(Buffer.concat(pieces)));
      });
      asked.on('error', reject).end();
    });
    assert.deepEqual(gunzipSync(packed), Buffer.from(plain));
  });
});
