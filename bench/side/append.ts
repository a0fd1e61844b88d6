import assert from 'node:assert/strict';
import * as z from 'zod';
import { systemClock } from '../../adapter/system-clock.ts';
import type { AppendRequest } from '../../port/store.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { inputOf, tell } from '../support/child.ts';
import { batchesOf } from '../support/batches.ts';

/** Appends batches of entries to an empty ledger, each as one request, one after the other; how long that took. */
const given = inputOf((value) => z.object({ directory: z.string(), batches: z.int(), warmUp: z.int() }).parse(value));

const signal = AbortSignal.timeout(300_000);
const requests: readonly AppendRequest[] = batchesOf(given.batches).map((appends) => ({ appends }));
const store = await openSqliteStore({ directory: given.directory, clock: systemClock, signal });
for (const request of requests.slice(0, given.warmUp)) await store.append(request, signal);
const beganMs = performance.now();
for (const request of requests.slice(given.warmUp)) await store.append(request, signal);
const ms = performance.now() - beganMs;
const { sequence } = await store.head(signal);
await store.close();
assert.ok(ms > 0);
tell({ ms, entries: sequence });
