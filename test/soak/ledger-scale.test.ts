import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../core/hash.ts';
import { firstPrevious } from '../../core/ledger.ts';
import { verifyLedgerFile } from '../../server.ts';
import { writeBulk, type BulkEntry } from '../../store/sqlite/testing/bulk-entries.ts';
import { Writer } from '../../store/sqlite/writer.ts';

const entries = Number(process.env['SOAK_ENTRIES'] ?? 3_000_000);
const limitKiB = 512 * 1024;
const limitMs = 1_800_000;

/** What a start may read of a ledger that is folded: schema, statements' pages, the last rows. */
const startBytesMost = 2 * 1024 * 1024;

interface Line {
  readonly kind: 'piece' | 'end';
  readonly making?: 'projections' | 'tree';
  readonly done?: number;
  readonly entries?: number;
  readonly pieces?: number;
  readonly readBytes?: number;
  readonly peakKiB?: number;
}

let directory = '';

/** Seven entries of a deployment, again and again, as the drive loop records them. */
function entryOf(sequence: number): BulkEntry {
  const deployment = `d-${Math.floor((sequence - 1) / 7)}`;
  const stream = `deployment/${deployment}`;
  const spot = { cluster: 'fe', service: `service-${sequence % 600}`, component: 'web' };
  const target = sha256(`target ${sequence}`);
  const step = { deployment, step: `fe/${spot.service}/web`, spot, target };
  const services = [spot.service];
  const made: readonly (readonly [string, object])[] = [
    [
      'deployment-accepted',
      {
        deployment,
        environment: 'prod',
        plan: target,
        services,
        onFailure: 'roll-back',
        restores: null,
        reason: 'deploy',
      },
    ],
    ['deployment-started', { deployment, generation: 1 }],
    ['step-started', step],
    ['step-verified', step],
    ['step-started', step],
    ['step-verified', step],
    ['deployment-ended', { deployment, outcome: 'succeeded', cause: null, unknown: [] }],
  ];
  const [kind, payload] = made[(sequence - 1) % 7] ?? assert.fail();
  return { stream, kind, payload };
}

function start(how: 'anew' | 'open', folder = directory): ChildProcess {
  const script = fileURLToPath(new URL('./support/fold-ledger.ts', import.meta.url));
  return spawn(process.execPath, [script, folder, how], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function run(how: 'anew' | 'open', folder = directory): Promise<readonly Line[]> {
  const child = start(how, folder);
  const exited = once(child, 'exit');
  const lines: Line[] = [];
  assert(child.stdout !== null);
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line) as Line);
  assert.deepEqual(await exited, [0, null]);
  return lines;
}

before(
  async () => {
    directory = await mkdtemp(join(tmpdir(), 'drayage-ledger-'));
    new Writer(join(directory, 'ledger.db')).close();
    const database = new DatabaseSync(join(directory, 'ledger.db'));
    let head = { sequence: 0, hash: firstPrevious };
    while (head.sequence < entries)
      head = writeBulk(database, head, Math.min(100_000, entries - head.sequence), entryOf);
    database.close();
  },
  { timeout: limitMs },
);

after(async () => await rm(directory, { recursive: true, force: true }));

test(
  'what follows from millions of entries is made anew below 512 MiB, and a kill in the middle costs nothing',
  { timeout: limitMs },
  async () => {
    const child = start('anew');
    const exited = once(child, 'exit');
    assert(child.stdout !== null);
    let folded = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      folded = (JSON.parse(line) as Line).done ?? folded;
      if (folded > entries / 3) child.kill('SIGKILL');
    }
    assert.deepEqual(await exited, [null, 'SIGKILL']);
    const carriedOn = await run('open');
    assert.ok((carriedOn[0]?.done ?? 0) > folded, 'what was folded before the kill was not folded again');
    const anew = await run('anew');
    for (const end of [carriedOn.at(-1), anew.at(-1)]) {
      assert.equal(end?.entries, entries);
      assert.ok((end.peakKiB ?? Infinity) < limitKiB, `${end.peakKiB} KiB resident at the peak`);
    }
  },
);

test('a start of a ledger that is folded reads its end and no more', { timeout: limitMs }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-ledger-'));
  const [empty, full] = [await run('open', folder), await run('open')];
  await rm(folder, { recursive: true, force: true });
  for (const [end, ...others] of [empty, full]) {
    assert.deepEqual([end?.kind, end?.pieces, others], ['end', 0, []]);
    assert.ok((end?.readBytes ?? Infinity) < startBytesMost, `${end?.readBytes} bytes were read`);
  }
});

test('a file of millions of entries verifies whole, with the stored tree', { timeout: limitMs }, async () => {
  const audit = await verifyLedgerFile(directory, AbortSignal.timeout(limitMs));
  assert.deepEqual([audit.kind, audit.entries, audit.findings], ['whole', entries, []]);
});
