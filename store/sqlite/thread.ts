import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../core/fault.ts';
import { fromRefusal, type WriterAnswer, type WriterData, type WriterRequest } from './message.ts';
import type { FoldProgress } from './message.ts';

export interface WriterThreadOptions extends WriterData {
  /** Aborts the start. */
  readonly signal: AbortSignal;
  /** Told while the ledger is folded, at the start and by a rebuild. */
  readonly tell: (progress: FoldProgress) => void;
}

/** The writer's thread, seen from the main one: one question at a time, each with one answer. */
export class WriterThread {
  readonly #worker: Worker;
  readonly #tell: (progress: FoldProgress) => void;
  #asked: PromiseWithResolvers<WriterAnswer> | null = null;
  #ended: Fault | null = null;
  #entries = 0;

  private constructor({ directory, anew, tell }: WriterThreadOptions) {
    this.#tell = tell;
    const workerData: WriterData = { directory, anew };
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData,
      name: 'ledger writer',
    });
    this.#worker.on('message', (answer: WriterAnswer) => this.#answered(answer));
    this.#worker.on('error', (cause) => this.#end(cause));
    this.#worker.on('exit', () => this.#end(undefined));
  }

  /** Starts the thread and waits until the ledger is open and its projections are folded. Rejects with its Fault. */
  static async start(options: WriterThreadOptions): Promise<WriterThread> {
    const { signal } = options;
    signal.throwIfAborted();
    const thread = new WriterThread(options);
    const opened = thread.#expectAnswer();
    const abort = (): void => thread.#end(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const answer = await opened;
      signal.throwIfAborted();
      assert(answer.kind === 'ready', 'the writer says when it is ready');
      thread.#entries = answer.entries;
      return thread;
    } catch (error) {
      await thread.terminate();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** How many entries the ledger had when it was opened. */
  entriesAtStart(): number {
    return this.#entries;
  }

  /** Asks and waits. Rejects with the thread's Fault, or with `store.failed` when the thread has ended. */
  async ask(request: WriterRequest): Promise<WriterAnswer> {
    if (this.#ended !== null) throw this.#ended;
    const answer = this.#expectAnswer();
    this.#worker.postMessage(request);
    return answer;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #expectAnswer(): Promise<WriterAnswer> {
    assert(this.#asked === null, 'the writer is asked one thing at a time');
    this.#asked = Promise.withResolvers();
    return this.#asked.promise;
  }

  #answered(answer: WriterAnswer): void {
    if (answer.kind === 'progress') {
      this.#tell(answer.progress);
      return;
    }
    const asked = this.#asked;
    this.#asked = null;
    if (answer.kind === 'refused') asked?.reject(fromRefusal(answer.refusal));
    else asked?.resolve(answer);
  }

  #end(cause: unknown): void {
    this.#ended ??= new Fault('store.failed', "The ledger's writing thread has ended.", {
      next: 'Restart the server; what was acknowledged is kept.',
      cause,
    });
    this.#asked?.reject(this.#ended);
    this.#asked = null;
  }
}
