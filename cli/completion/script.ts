import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The line of `dray complete` that says: and files. The scripts know it too. */
export const filesMark = ':files';

/** The script of a shell. All it offers it asks of `dray complete`, so that it never grows stale. */
export async function completionScript(shell: Shell): Promise<string> {
  return await readFile(join(import.meta.dirname, `dray.${shell}`), 'utf8');
}
