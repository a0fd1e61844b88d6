import { readdir, readFile, readlink, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { runCommand } from './command.ts';
import { isRunning } from './processes.ts';
import { waitUntil } from './wait.ts';

/** What marks processes, mounts and control groups as those of one private engine, or of one private network. */
export interface Marks {
  /** The inodes of its network namespaces; daemons, shims and proxies are in them. */
  readonly namespaceInodes: readonly number[];
  /** The name of the control group under which all of its containers are. */
  readonly controlGroup: string;
  /** Folders under which only this engine mounts anything: absolute, without symbolic links. */
  readonly folders: readonly string[];
}

/** How long killed processes may take to go. */
const deathMs = 10_000;

const controlGroupRoot = '/sys/fs/cgroup';

/**
 * Ends all processes, mounts and control groups that an engine left: containers run on and mounts stay when its daemon
 * was killed. Says how many processes and mounts there were. Throws `local.failed` when something cannot be ended.
 */
export async function clearLeftovers(marks: Marks): Promise<{ processes: number; mounts: number }> {
  const found = await findProcesses(marks);
  const ended = await waitUntil(async () => (await killAll(marks)) === 0, { deadlineMs: deathMs });
  if (!ended) {
    const pids = (await findProcesses(marks)).join(', ');
    throw new Fault('local.failed', `Processes of an earlier private engine do not die: ${pids}.`);
  }
  const mounts = await findMounts(marks.folders);
  for (const mount of mounts) await runCommand('umount', ['--lazy', mount]);
  await removeControlGroups(marks.controlGroup);
  return { processes: found.length, mounts: mounts.length };
}

/** The processes that bear the engine's marks. */
export async function findProcesses(marks: Marks): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const own = await Promise.all(pids.map(async (pid) => ((await isMarked(pid, marks)) ? [Number(pid)] : [])));
  return own.flat();
}

async function killAll(marks: Marks): Promise<number> {
  const pids = await findProcesses(marks);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended since it was listed.
    }
  }
  return pids.length;
}

async function isMarked(pid: string, marks: Marks): Promise<boolean> {
  if (!(await isRunning(Number(pid)))) return false;
  try {
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
    if (groups.split('\n').some((line) => line.includes(`:/${marks.controlGroup}/`))) return true;
    const namespace = await readlink(`/proc/${pid}/ns/net`);
    return marks.namespaceInodes.some((inode) => namespace === `net:[${inode}]`);
  } catch {
    return false;
  }
}

/** The mount points below some folders, the deepest first (proc(5), mountinfo: field 5, octal escapes). */
export async function findMounts(folders: readonly string[]): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines
    .map((line) => line.split(' ')[4] ?? '')
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    )
    .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)))
    .toReversed();
}

/** Control groups of version 1 have one tree a controller; those of version 2 one tree in all. */
async function removeControlGroups(name: string): Promise<void> {
  const trees = [controlGroupRoot];
  for (const entry of await readdir(controlGroupRoot, { withFileTypes: true })) {
    if (entry.isDirectory()) trees.push(join(controlGroupRoot, entry.name));
  }
  for (const tree of trees) await removeTree(join(tree, name));
}

async function removeTree(folder: string): Promise<void> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
    await rmdir(folder);
  } catch {
    // Absent, or the kernel still counts a process that has just died; an empty group harms nothing.
  }
}
