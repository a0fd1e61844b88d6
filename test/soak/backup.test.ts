import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { backUpBesideWriters } from '../../store/sqlite/testing/backup-beside-writers.ts';

const rounds = 60;

test(`${rounds} backups beside eight writers are never torn`, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'drayage-backup-'));
  t.after(async () => await rm(directory, { recursive: true, force: true }));
  await backUpBesideWriters(directory, rounds, AbortSignal.timeout(1_200_000));
});
