import { Worker } from 'node:worker_threads';
import { documentsIn, type DocumentAnswer, type DocumentJob } from './document-job.ts';
import { threadTimeOf, watchBudget } from './thread-budget.ts';

/** A thread that has not loaded its code by then never will. */
const startDeadlineMs = 30_000;
const mostMegabytes = 256;

/** What became of a job: an answer, or why there is none. */
export type Outcome = DocumentAnswer | { readonly kind: 'lost'; readonly reason: string };

/** One worker thread that does one job at a time; a stuck or broken one is ended, the next job gets a new one. */
export interface DocumentThread {
  readonly isIdle: boolean;
  /** Must be idle. `done` is called once, when the thread is idle again; not after `close`. */
  run(job: DocumentJob, done: (outcome: Outcome) => void): void;
  close(): Promise<void>;
}

/** Starts nothing before the first job. Each document of a job may take `budgetMs` of the processor's time. */
export function createDocumentThread(budgetMs: number): DocumentThread {
  let worker: Worker | null = null;
  let isReady = false;
  let current: { readonly job: DocumentJob; done: (outcome: Outcome) => void } | null = null;
  let unwatch = (): void => undefined;
  const ending = new Set<Promise<unknown>>();

  const finish = (outcome: Outcome): void => {
    unwatch();
    const done = current?.done;
    current = null;
    done?.(outcome);
  };

  const end = (): void => {
    unwatch();
    if (worker === null) return;
    const ended = worker.terminate().finally(() => ending.delete(ended));
    ending.add(ended);
    worker = null;
    isReady = false;
  };

  const lose = (reason: string): void => {
    end();
    finish({ kind: 'lost', reason });
  };

  const hand = (): void => {
    unwatch();
    if (!isReady || worker === null || current === null) return;
    const ms = budgetMs * documentsIn(current.job);
    unwatch = watchBudget(threadTimeOf(worker), ms, () => lose(`its budget of ${ms} ms of the processor is over`));
    worker.postMessage(JSON.stringify(current.job));
  };

  const start = (): void => {
    const started = new Worker(new URL('./document-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    });
    worker = started;
    const late = setTimeout(() => lose('its thread did not start'), startDeadlineMs);
    unwatch = () => clearTimeout(late);
    started.on('message', (text: string) => {
      if (worker !== started) return;
      const answer = JSON.parse(text) as DocumentAnswer;
      if (answer.kind !== 'ready') return finish(answer);
      isReady = true;
      hand();
    });
    started.on('error', (error) => worker === started && lose(reasonOf(error)));
    started.on('exit', () => worker === started && lose('its thread ended'));
  };

  return {
    get isIdle() {
      return current === null;
    },
    run(job, done) {
      current = { job, done };
      if (worker === null) start();
      else hand();
    },
    async close() {
      current = null;
      end();
      await Promise.all(ending);
    },
  };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it took more than ${mostMegabytes} MiB` : String(error);
}
