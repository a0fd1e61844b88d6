import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault } from '../core/fault.ts';
import { chooseNetwork } from './host-network.ts';
import type { HostNetwork } from './host-network.ts';
import { startOf } from './processes.ts';

const owner = z.object({ pid: z.int(), startedAt: z.string() });
const memory = z.object({ block: z.int().min(0) });

/**
 * Takes a private network's directory for this process and returns what gives it back. Throws `local.failed` while another
 * living process has it; one that died without giving it back does not count.
 */
export async function takeDirectory(directory: string): Promise<() => Promise<void>> {
  const file = join(directory, 'owner.json');
  const before = owner.safeParse(await readJson(file));
  if (before.success && (await startOf(before.data.pid)) === before.data.startedAt) {
    const message = `Process ${before.data.pid} uses the private engine in ${directory}.`;
    throw new Fault('local.failed', message, { next: 'Stop it, or name another directory.' });
  }
  const startedAt = await startOf(process.pid);
  await writeFile(file, JSON.stringify({ pid: process.pid, startedAt }));
  return async () => await rm(file, { force: true });
}

/**
 * The network of the engines in a directory: the same addresses in every run, as long as they are free, because the
 * registry's address is part of every image reference.
 */
export async function recallNetwork(directory: string, id: string): Promise<HostNetwork> {
  const file = join(directory, 'network.json');
  const before = memory.safeParse(await readJson(file));
  const network = chooseNetwork(id, before.success ? before.data.block : null);
  await writeFile(file, JSON.stringify({ block: network.blockIndex }));
  return network;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
