import * as z from 'zod';
import { verifyLedgerFile } from '../../server.ts';
import { inputOf, tell } from '../support/child.ts';

/** Verifies the ledger in a database file, as `dray ledger verify FILE` does; how long that took, and the verdict. */
const given = inputOf((value) => z.object({ database: z.string() }).parse(value));

const beganMs = performance.now();
const verdict = await verifyLedgerFile(given.database, AbortSignal.timeout(600_000));
const ms = performance.now() - beganMs;
tell({ ms, verdict });
