import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { leafHash } from '../../core/ledger.ts';
import { isFault } from '../../core/fault.ts';
import type { Store } from '../../port/store.ts';
import { allEntries, soon } from '../testing/samples.ts';
import { storeSource, verifyLedger } from '../verify.ts';
import { dumpProjections, folderFor, openStore } from './testing/folder.ts';

const appendForever = new URL('./testing/append-forever.ts', import.meta.url);
const appendUntilFull = new URL('./testing/append-until-full.ts', import.meta.url);

/** Starts a script of `testing/`, perhaps through a shell; it is killed when the test ends. */
function start(t: TestContext, script: URL, directory: string, shell: string | null = null): ChildProcess {
  const run = [process.execPath, fileURLToPath(script), directory];
  const [command = '', ...rest] = shell === null ? run : ['/bin/sh', '-c', shell, 'sh', ...run];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Lines of the child's output, read as they come. */
function linesOf(child: ChildProcess): AsyncIterator<string> {
  assert(child.stdout !== null);
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}

async function readLine(lines: AsyncIterator<string>): Promise<readonly string[]> {
  const next = await lines.next();
  return next.done === true ? [] : next.value.split(' ');
}

async function openVerified(directory: string): Promise<Store> {
  const store = await openStore(directory);
  const verdict = await verifyLedger(storeSource(store), soon());
  assert.equal(verdict.kind, 'whole', JSON.stringify(verdict));
  return store;
}

test('a server killed amid appends has kept all it acknowledged, and only whole entries', async (t) => {
  const directory = await folderFor(t);
  const acknowledged = new Map<number, string>();
  for (const lines of [1, 700, 2_500, 4_000]) {
    const child = start(t, appendForever, directory);
    const exited = once(child, 'exit');
    const output = linesOf(child);
    for (let line = await readLine(output), read = 1; line.length > 0; line = await readLine(output), read += 1) {
      const [sequence, hash] = line;
      if (hash?.length === 64) acknowledged.set(Number(sequence), hash); // the kill may have torn the last line
      if (read === lines) child.kill('SIGKILL');
    }
    assert.deepEqual(await exited, [null, 'SIGKILL']);
    const store = await openVerified(directory);
    await store.close();
  }
  assert.ok(acknowledged.size > 7_000, `${acknowledged.size} entries were acknowledged`);
  const store = await openVerified(directory);
  for (let after = 0, read = -1; read !== 0;) {
    const page = await store.entries(after, 1_000, soon());
    for (const entry of page) {
      if (acknowledged.get(entry.sequence) === leafHash(entry)) acknowledged.delete(entry.sequence);
    }
    after = page.at(-1)?.sequence ?? after;
    read = page.length;
  }
  assert.equal(acknowledged.size, 0, 'every acknowledged entry was found, with its hash');
  await store.close();
  const before = dumpProjections(directory);
  const again = await openStore(directory);
  await again.rebuild(soon());
  await again.close();
  assert.deepEqual(dumpProjections(directory), before);
});

test('a folder that another process has open is refused, and free as soon as that one is killed', async (t) => {
  const directory = await folderFor(t);
  const child = start(t, appendForever, directory);
  const exited = once(child, 'exit');
  assert.equal((await readLine(linesOf(child))).length, 2);
  await assert.rejects(openStore(directory), (error) => isFault(error, 'store.locked'));
  child.kill('SIGKILL');
  await exited;
  await (await openVerified(directory)).close();
});

test('when the disk takes no more nothing is acknowledged, and when it does again the ledger goes on', async (t) => {
  const directory = await folderFor(t);
  // 512-byte blocks: no file grows beyond 2 MB; the write then fails, as on a full disk
  const child = start(t, appendUntilFull, directory, 'ulimit -S -f 4000 && exec "$@"');
  const exited = once(child, 'exit');
  const output = linesOf(child);
  const [full, atFull, code] = await readLine(output);
  assert.deepEqual([full, code], ['full', 'store.failed']);
  assert.ok(Number(atFull) > 8);
  execFileSync('/usr/bin/prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
  child.stdin?.write('go on\n');
  assert.deepEqual(await readLine(output), ['done', String(Number(atFull) + 20)]);
  assert.deepEqual(await exited, [0, null]);
  const store = await openVerified(directory);
  assert.equal((await allEntries(store)).length, Number(atFull) + 20);
  assert.equal((await store.stream('after', soon())).length, 20);
  await store.close();
});
