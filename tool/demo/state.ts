import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { UsageError } from '../../cli/failure.ts';
import { isFault } from '../../core/fault.ts';
import { takeDirectory } from '../../local/engine-directory.ts';
import { root } from './dray.ts';
import type { Ground } from './ground.ts';

/** One demo a state folder at a time. */
export async function takeState(state: string): Promise<() => Promise<void>> {
  try {
    return await takeDirectory(state);
  } catch (error) {
    if (!isFault(error)) throw error;
    const pid = /\d+/.exec(error.message)?.[0] ?? '';
    throw new UsageError(
      `A demo runs already in ${state} (process ${pid}).`,
      'Use that one, stop it with Ctrl-C, or run a second one beside it: bin/demo --port 4401 --state DIR.',
    );
  }
}

/** Writes the Platform document of the demo. Returns its path. */
export async function writePlatform(state: string, platform: Ground['platform']): Promise<string> {
  const file = join(state, 'platform.yaml');
  await writeFile(file, stringify({ apiVersion: 'drayage/v1', kind: 'Platform', ...platform }));
  return file;
}

/** Makes the empty data folder of the server; the ledger of the run before is forgotten. Returns its path. */
export async function renewData(state: string): Promise<string> {
  const folder = join(state, 'data');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Keeps the token where only its owner reads it: with sudo, the person who called it. Returns the file. */
export async function keepToken(state: string, token: string): Promise<string> {
  const file = join(state, 'token');
  await rm(file, { force: true });
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  const [user, group] = [Number(process.env['SUDO_UID']), Number(process.env['SUDO_GID'])];
  if (user > 0 && group >= 0) await chown(file, user, group);
  return file;
}

/** The installation whose objects a demo that was killed may have left on the machine's engine; null: none. */
export async function recallInstallation(state: string): Promise<string | null> {
  return await readFile(join(state, 'installation'), 'utf8').catch(() => null);
}

/** Remembers it until it is forgotten with null. */
export async function rememberInstallation(state: string, installation: string | null): Promise<void> {
  const file = join(state, 'installation');
  if (installation === null) await rm(file, { force: true });
  else await writeFile(file, installation);
}

/** A path as seen from the checkout, where it lies below it. */
export function shorten(path: string): string {
  const short = relative(root, path);
  return short.startsWith('..') ? path : short;
}
