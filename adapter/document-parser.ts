import { checkBundleSize } from '../core/compose/bundle.ts';
import type { ReleaseSource } from '../core/release.ts';
import { checkSize } from '../core/document/scan.ts';
import type { ServiceDefinition } from '../core/definition.ts';
import { Fault, isFault } from '../core/fault.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Documents, Instantiated, InstantiationRequest } from '../port/documents.ts';
import type { DocumentJob, DocumentMethod, DocumentMethods } from './document-job.ts';
import { createDocumentThread, type Outcome } from './document-thread.ts';
import { receivedFault, type ThreadAnswer } from './thread-answer.ts';

/**
 * Reads documents off the main thread, each within a budget. The methods answer and throw what the functions of the
 * same name do, and besides: `document.too-large` for what takes too long, `server.busy`, `server.draining`, and the
 * signal's reason.
 */
export interface DocumentParser extends Documents {
  /** Refuses what waits or runs with `server.draining`, and ends the threads. */
  close(): Promise<void>;
}

/** More documents than this do not wait: `server.busy`. */
const mostWaiting = 64;

interface Task {
  readonly job: DocumentJob;
  resolve(outcome: Outcome): void;
  reject(reason: unknown): void;
}

/**
 * Starts no thread before the first document. `budgetMs` is what one document may take of the processor's time once a
 * thread has it. Must be closed.
 */
export function createDocumentParser(options: { readonly workers: number; readonly budgetMs: number }): DocumentParser {
  const threads = Array.from({ length: options.workers }, () => createDocumentThread(options.budgetMs));
  const waiting: Task[] = [];
  const running = new Set<Task>();
  let isClosed = false;

  const assign = (): void => {
    const thread = threads.find((one) => one.isIdle);
    const task = thread === undefined ? undefined : waiting.shift();
    if (thread === undefined || task === undefined) return;
    running.add(task);
    thread.run(task.job, (outcome) => {
      running.delete(task);
      task.resolve(outcome);
      assign();
    });
  };

  const run = async <M extends DocumentMethod>(
    job: DocumentJob & { readonly method: M },
    files: readonly [ReleaseSource, ...ReleaseSource[]],
    signal: AbortSignal,
  ): Promise<DocumentMethods[M]['answer']> => {
    signal.throwIfAborted();
    // A huge text is refused here: it is not even copied to the thread.
    for (const file of files) {
      checkSize(file);
      checkBundleSize(file);
    }
    if (isClosed) throw draining();
    if (waiting.length >= mostWaiting) throw busy();
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const task: Task = { job, resolve, reject };
    const abort = (): void => {
      // A thread that has it already finishes it, within the budget.
      const at = waiting.indexOf(task);
      if (at >= 0) waiting.splice(at, 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    waiting.push(task);
    assign();
    try {
      return valueOf<M>(await promise, files[0]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };

  return {
    readDefinition: async (source, of, vars, signal) =>
      run({ method: 'readDefinition', arguments: [source, of, vars] }, [source], signal),
    readDeployment: async (file, signal) => run({ method: 'readDeployment', arguments: [file] }, [file], signal),
    readPlatform: async (file, signal) => run({ method: 'readPlatform', arguments: [file] }, [file], signal),
    locate: async (file, paths, signal) => run({ method: 'locate', arguments: [file, paths] }, [file], signal),
    instantiate: async (requests, signal) =>
      await instantiateThem(requests, async (sent, files) => {
        return await run({ method: 'instantiate', arguments: [sent] }, files, signal);
      }),
    async close() {
      isClosed = true;
      for (const task of [...waiting.splice(0), ...running]) task.reject(draining());
      await Promise.all(threads.map(async (thread) => thread.close()));
    },
  };
}

/** The answer's value; what went wrong in the thread is thrown on this side. */
function valueOf<M extends DocumentMethod>(outcome: Outcome, file: ReleaseSource): DocumentMethods[M]['answer'] {
  switch (outcome.kind) {
    case 'value':
      return outcome.value as DocumentMethods[M]['answer'];
    case 'fault':
      throw receivedFault(outcome.fault);
    case 'lost':
      throw tooCostly(file, outcome.reason);
    case 'bug':
      throw new Error(`reading a document failed: ${outcome.stack}`);
    case 'ready':
      throw new Error('a document thread said that it is ready, as an answer');
    default:
      return unreachable(outcome);
  }
}

async function instantiateThem(
  requests: readonly InstantiationRequest[],
  send: (
    requests: readonly InstantiationRequest[],
    files: readonly [ReleaseSource, ...ReleaseSource[]],
  ) => Promise<DocumentMethods['instantiate']['answer']>,
): Promise<readonly Instantiated[]> {
  const [first, ...rest] = requests.map(({ manifest }) => manifest.source);
  if (first === undefined) return [];
  try {
    return (await send(requests, [first, ...rest])).map(instantiated);
  } catch (error) {
    if (rest.length === 0 || !isFault(error, 'document.too-large')) throw error;
  }
  // Which of them it was tells each alone.
  const each: Instantiated[] = [];
  for (const request of requests) each.push(...(await instantiateThem([request], send)));
  return each;
}

function instantiated(answer: ThreadAnswer<ServiceDefinition>): Instantiated {
  switch (answer.kind) {
    case 'value':
      return answer;
    case 'fault':
      return { kind: 'fault', fault: receivedFault(answer.fault) };
    case 'bug':
      throw new Error(`instantiating a release failed: ${answer.stack}`);
    default:
      return unreachable(answer);
  }
}

function tooCostly(file: ReleaseSource, reason: string): Fault {
  return new Fault('document.too-large', `${file.name} could not be read: ${reason}.`, {
    facts: { file: file.name, reason },
    next: 'Split the document or write it more plainly.',
  });
}

function busy(): Fault {
  return new Fault('server.busy', `${mostWaiting} documents wait to be read already.`, {
    next: 'Try again in a moment.',
  });
}

function draining(): Fault {
  return new Fault('server.draining', 'The server is shutting down and reads no more documents.');
}
