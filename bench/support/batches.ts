import type { StreamAppend } from '../../port/store.ts';
import { deploymentStory } from './story.ts';

/** How many entries go into the ledger together. */
export const batchEntries = 256;

/** So many batches of exactly 256 entries, the history of deployments cut where a batch is full. */
export function batchesOf(count: number): readonly (readonly StreamAppend[])[] {
  const batches: StreamAppend[][] = [];
  let batch: StreamAppend[] = [];
  let room = batchEntries;
  for (let number = 0; batches.length < count; number += 1) {
    for (const { stream, expectedVersion, entries } of deploymentStory(number)) {
      for (let taken = 0; taken < entries.length;) {
        const piece = entries.slice(taken, taken + room);
        batch.push({ stream, expectedVersion: expectedVersion + taken, entries: piece });
        taken += piece.length;
        room -= piece.length;
        if (room > 0) continue;
        batches.push(batch);
        batch = [];
        room = batchEntries;
      }
    }
  }
  return batches.slice(0, count);
}
