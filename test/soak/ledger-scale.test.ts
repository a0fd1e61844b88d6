import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../core/hash.ts';
import { firstPrevious } from '../../core/ledger.ts';
import { writeBulk, type BulkEntry } from '../../store/sqlite/testing/bulk-entries.ts';
import { Writer } from '../../store/sqlite/writer.ts';
import { cleanEnvironment, dray } from '../support/dray.ts';

const entries = Number(process.env['SOAK_ENTRIES'] ?? 3_000_000);
const limitMib = 512;
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
}

let directory = '';

/** What entries name by its digest: each deployment has a plan of its own, and targets that others had before. */
const perDeployment = 7;
const distinctTargets = 20_000;
const targetText = (sequence: number) => `target ${sequence % distinctTargets}`;
const planText = (sequence: number) => `{"baseRevision":${Math.floor((sequence - 1) / perDeployment)},"waves":[]}`;

function writeContents(database: DatabaseSync): void {
  const insert = database.prepare('INSERT OR IGNORE INTO blob (digest, bytes) VALUES (?, ?)');
  const keep = (text: string) => void insert.run(sha256(text), Buffer.from(text));
  database.exec('BEGIN IMMEDIATE');
  for (let number = 0; number < distinctTargets; number += 1) keep(targetText(number));
  for (let sequence = 1; sequence <= entries; sequence += perDeployment) keep(planText(sequence));
  database.exec('COMMIT');
}

/** Seven entries of a deployment, again and again, as the drive loop records them. */
function entryOf(sequence: number): BulkEntry {
  const deployment = `d-${Math.floor((sequence - 1) / perDeployment)}`;
  const stream = `deployment/${deployment}`;
  const spot = { cluster: 'fe', service: `service-${sequence % 600}`, component: 'web' };
  const target = sha256(targetText(sequence));
  const step = { deployment, step: `fe/${spot.service}/web`, spot, target };
  const services = [spot.service];
  const made: readonly (readonly [string, object])[] = [
    [
      'deployment-accepted',
      {
        deployment,
        environment: 'prod',
        plan: sha256(planText(sequence)),
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
  const [kind, payload] = made[(sequence - 1) % perDeployment] ?? assert.fail();
  return { stream, kind, payload };
}

/** Opens the ledger of a folder in a process of its own. */
async function open(folder: string): Promise<readonly Line[]> {
  const script = fileURLToPath(new URL('./support/fold-ledger.ts', import.meta.url));
  const child = spawn(process.execPath, [script, folder, 'open'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: Line[] = [];
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
    writeContents(database);
    database.close();
  },
  { timeout: limitMs },
);

after(async () => await rm(directory, { recursive: true, force: true }));

/** What a command line cost, and how it ended. */
interface Cost {
  readonly code: number | null;
  readonly stdout: string;
  /** The most that it had of its own, in MiB: what no file stands behind, and the system cannot take away. */
  readonly ownMib: number;
  /** The most that was resident, in MiB: with the pages of the ledger's file that it maps. */
  readonly peakMib: number;
  readonly tookMs: number;
}

/** Runs `bin/dray` on the ledger; `kill` is asked each tenth of a second whether the process is to be killed. */
async function measured(args: readonly string[], kill: () => boolean = () => false): Promise<Cost> {
  const beganMs = performance.now();
  const child = spawn(dray, args, { stdio: ['ignore', 'pipe', 'inherit'], env: cleanEnvironment() });
  const ended = once(child, 'close');
  const pieces: string[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  let [ownMib, peakMib] = [0, 0];
  while (child.exitCode === null && child.signalCode === null) {
    ownMib = Math.max(ownMib, memoryOf(child.pid ?? 0, 'RssAnon'));
    peakMib = Math.max(peakMib, memoryOf(child.pid ?? 0, 'VmHWM'));
    if (kill()) child.kill('SIGKILL');
    await sleep(100);
  }
  await ended;
  const tookMs = Math.round(performance.now() - beganMs);
  return { code: child.exitCode, stdout: pieces.join(''), ownMib, peakMib, tookMs };
}

/** A figure of a process's memory, in MiB (proc(5)); 0 when the process is gone. */
function memoryOf(pid: number, figure: 'RssAnon' | 'VmHWM'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.ceil(Number(new RegExp(`^${figure}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** How many entries the projections hold so far. */
function folded(): number {
  const database = new DatabaseSync(join(directory, 'ledger.db'), { timeout: 10_000 });
  try {
    return Number(database.prepare('SELECT sequence FROM projection_mark').get()?.['sequence']);
  } finally {
    database.close();
  }
}

function tell(command: string, { tookMs, ownMib, peakMib }: Cost): void {
  const memory = `at most ${ownMib} MiB of its own, ${peakMib} MiB resident with what it maps of the file`;
  console.log(`fact: ${entries} entries: ${command} took ${tookMs} ms, ${memory}`);
}

test(
  'dray ledger rebuild makes millions of entries anew below 512 MiB; killed in the middle, the next one carries on',
  { timeout: limitMs },
  async () => {
    const rebuild = ['ledger', 'rebuild', '--data', directory];
    assert.equal((await measured(rebuild)).code, 0);
    const whole = await measured(rebuild);
    tell('dray ledger rebuild', whole);
    let begun = false;
    const cut = await measured(rebuild, () => {
      const now = folded();
      begun ||= now < entries / 3;
      return begun && now >= entries / 3;
    });
    assert.equal(cut.code, null, 'it was killed');
    const before = folded();
    assert.ok(before >= entries / 3 && before < entries, `${before} entries were folded when it was killed`);
    let least = Infinity;
    const carriedOn = await measured(rebuild, () => {
      least = Math.min(least, folded());
      return false;
    });
    tell(`dray ledger rebuild, killed after ${before} of them, then called again,`, carriedOn);
    assert.ok(least >= before, `what was folded before the kill was not folded again: ${least}, ${before}`);
    for (const { code, stdout, ownMib } of [whole, carriedOn]) {
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`from ${entries} entries`));
      assert.ok(ownMib > 0 && ownMib < limitMib, `${ownMib} MiB at the peak`);
    }
  },
);

test('a start of a ledger that is folded reads its end and no more', { timeout: limitMs }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-ledger-'));
  const [empty, full] = [await open(folder), await open(directory)];
  await rm(folder, { recursive: true, force: true });
  for (const [end, ...others] of [empty, full]) {
    assert.deepEqual([end?.kind, end?.pieces, others], ['end', 0, []]);
    assert.ok((end?.readBytes ?? Infinity) < startBytesMost, `${end?.readBytes} bytes were read`);
  }
});

test(
  'dray ledger verify reads millions of entries below 512 MiB, and finds them whole',
  { timeout: limitMs },
  async () => {
    const cost = await measured(['ledger', 'verify', '--file', directory]);
    tell('dray ledger verify --file', cost);
    assert.equal(cost.code, 0, cost.stdout);
    assert.match(cost.stdout, new RegExp(`^whole: ${entries} entries verified`));
    assert.ok(cost.ownMib > 0 && cost.ownMib < limitMib, `${cost.ownMib} MiB at the peak`);
  },
);
