import * as z from 'zod';
import { systemClock } from '../../adapter/system-clock.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { inputOf, tell } from '../support/child.ts';
import { deploymentEntries, deploymentStory } from '../support/story.ts';

/** Makes a ledger of at least so many entries: the history of deployments that all succeeded. */
const given = inputOf((value) => z.object({ directory: z.string(), entries: z.int().min(1) }).parse(value));

/** Deployments of one request to the store, which takes 1,000 entries. */
const atOnce = Math.floor(1_000 / deploymentEntries);
const deployments = Math.ceil(given.entries / deploymentEntries);
const signal = AbortSignal.timeout(1_200_000);

const store = await openSqliteStore({ directory: given.directory, clock: systemClock, signal });
for (let from = 0; from < deployments; from += atOnce) {
  const count = Math.min(atOnce, deployments - from);
  const appends = Array.from({ length: count }, (_, index) => deploymentStory(from + index)).flat();
  await store.append({ appends }, signal);
}
const { sequence } = await store.head(signal);
await store.close();
tell({ entries: sequence });
