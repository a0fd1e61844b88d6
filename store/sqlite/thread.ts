import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../core/fault.ts';
import { fromRefusal, type WriterAnswer, type WriterRequest } from './message.ts';

/** The writer's thread, seen from the main one: one question at a time, each with one answer. */
export class WriterThread {
  readonly #worker: Worker;
  #asked: PromiseWithResolvers<WriterAnswer> | null = null;
  #ended: Fault | null = null;

  private constructor(directory: string) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { directory },
      name: 'ledger writer',
    });
    this.#worker.on('message', (answer: WriterAnswer) => this.#answered(answer));
    this.#worker.on('error', (cause) => this.#end(cause));
    this.#worker.on('exit', () => this.#end(undefined));
  }

  /** Starts the thread and waits until the ledger is open and its projections are folded. Rejects with its Fault. */
  static async start(directory: string, signal: AbortSignal): Promise<WriterThread> {
    signal.throwIfAborted();
    const thread = new WriterThread(directory);
    const opened = thread.#expectAnswer();
    const abort = (): void => thread.#end(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await opened;
      signal.throwIfAborted();
      return thread;
    } catch (error) {
      await thread.terminate();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
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
