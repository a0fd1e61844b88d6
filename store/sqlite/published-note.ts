import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A signed checkpoint is some hundred bytes. */
const noteBytesMost = 65_536;

/** The signed checkpoint beside a ledger, verbatim and not believed; null when there is none that could be one. */
export function publishedNote(directory: string): string | null {
  const path = join(directory, 'checkpoint');
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size > 0 && found.size <= noteBytesMost ? readFileSync(path, 'utf8') : null;
}
