import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FoldProgress } from '../../../store/sqlite/message.ts';
import { Writer } from '../../../store/sqlite/writer.ts';

/**
 * Opens the ledger of a data folder, with `anew` after making everything anew that follows from it, and closes it. Writes
 * a JSON line after each piece, and at the end one with what it cost. To be killed, perhaps.
 */
const [directory = '.', how] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const bytesRead = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

const before = bytesRead();
let pieces = 0;
const tell = ({ making, done }: FoldProgress): void => {
  pieces += 1;
  if (pieces % 100 === 1 || making === 'tree') say({ kind: 'piece', making, done });
};
const writer = new Writer(join(directory, 'ledger.db'), { tell, anew: how === 'anew' });
const entries = writer.entries();
const readBytes = bytesRead() - before;
writer.close();
say({ kind: 'end', entries, pieces, readBytes, peakKiB: process.resourceUsage().maxRSS });
