import { Worker } from 'node:worker_threads';
import { Fault } from '../core/fault.ts';
import { unreachable } from '../core/unreachable.ts';
import type { EvidenceReader, ReadEvidence } from '../port/evidence.ts';
import { runEvidenceJob, type EvidenceAnswer, type EvidenceJob } from './evidence-job.ts';
import { receivedFault } from './thread-answer.ts';

/** What one document may take of a thread of its own. */
const deadlineMs = 60_000;
const mostMegabytes = 1_024;

/** Documents are large and rare: one at a time, and few that wait. */
const waitingMost = 8;

/** What is no larger than this costs less than a thread would: signatures, as a rule. */
const smallBytesMost = 64 * 1024;

/** Reads each document in a thread that ends with it, so that nothing of a large one stays. */
export function createEvidenceReader(): EvidenceReader {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    async read(content, compressed, signal) {
      signal.throwIfAborted();
      if (!compressed && content.length <= smallBytesMost) return valueOf(runEvidenceJob({ content, compressed }));
      if (waiting >= waitingMost) {
        throw new Fault('server.busy', `${waitingMost} documents wait to be read already.`, {
          next: 'Try again in a moment.',
        });
      }
      waiting += 1;
      const turn = last.then(async () => await readInThread({ content, compressed }, signal));
      last = turn.catch(() => undefined).finally(() => (waiting -= 1));
      return await turn;
    },
  };
}

async function readInThread(job: EvidenceJob, signal: AbortSignal): Promise<ReadEvidence> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<EvidenceAnswer>();
  const worker = new Worker(new URL('./evidence-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const abort = (): void => reject(signal.reason);
  const timer = setTimeout(() => reject(tooCostly(`it took more than ${deadlineMs / 1000} s`)), deadlineMs);
  signal.addEventListener('abort', abort, { once: true });
  worker.on('message', resolve);
  worker.on('error', (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    reject(code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooCostly(`it took more than ${mostMegabytes} MiB`) : error);
  });
  worker.on('exit', () => reject(tooCostly('its thread ended')));
  try {
    return valueOf(await promise);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function valueOf(answer: EvidenceAnswer): ReadEvidence {
  switch (answer.kind) {
    case 'value':
      return answer.value;
    case 'fault':
      throw receivedFault(answer.fault);
    case 'bug':
      throw new Error(`reading evidence failed: ${answer.stack}`);
    default:
      return unreachable(answer);
  }
}

function tooCostly(reason: string): Fault {
  return new Fault('evidence.too-large', `The document could not be read: ${reason}.`, { facts: { reason } });
}
