import { readFile } from 'node:fs/promises';

/** The fields of /proc/PID/stat after the command's name, the process's state first (proc(5)); null when it is gone. */
async function readStat(pid: number): Promise<readonly string[] | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Whether a process runs: one that has died and was not yet reaped by its parent (a zombie) does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const state = (await readStat(pid))?.[0] ?? 'X';
  return state !== 'Z' && state !== 'X';
}

/** When a process started, in clock ticks since boot, which tells it from a later one of the same number. */
export async function startOf(pid: number): Promise<string | null> {
  return (await readStat(pid))?.[19] ?? null;
}
