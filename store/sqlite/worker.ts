import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { unreachable } from '../../core/unreachable.ts';
import { toFault } from './failure.ts';
import { toRefusal, type WriterAnswer, type WriterData, type WriterRequest } from './message.ts';
import type { FoldProgress } from './message.ts';
import { Writer } from './writer.ts';

/** The thread that owns the writing connection. It answers every message with one, in order. */
function serve({ directory, anew }: WriterData): void {
  const port = parentPort;
  assert(port !== null, 'the writer runs in a thread of its own');
  const writer = open(directory, anew, (answer) => port.postMessage(answer));
  if (writer === null) return;
  port.on('message', (request: WriterRequest) => {
    port.postMessage(answerTo(writer, request));
    if (request.kind === 'close') port.close();
  });
}

function open(directory: string, anew: boolean, answer: (answer: WriterAnswer) => void): Writer | null {
  try {
    const tell = (progress: FoldProgress): void => answer({ kind: 'progress', progress });
    const writer = new Writer(join(directory, 'ledger.db'), { tell, anew });
    answer({ kind: 'ready', entries: writer.entries() });
    return writer;
  } catch (error) {
    answer({ kind: 'refused', refusal: toRefusal(toFault(error, 'Opening the ledger')) });
    return null;
  }
}

function answerTo(writer: Writer, request: WriterRequest): WriterAnswer {
  switch (request.kind) {
    case 'write':
      return { kind: 'written', results: writer.write(request.requests) };
    case 'grant-lease':
      return { kind: 'written', results: [writer.grantLease(request.request, request.seen)] };
    case 'renew-lease':
      return attempt('Renewing the lease', () => ({ kind: 'renewed', lease: writer.renewLease(request.held) }));
    case 'note-token-use':
      return attempt('Noting the use of tokens', () => {
        writer.noteTokenUse(request.lastUsedAt);
        return { kind: 'noted' };
      });
    case 'rebuild':
      return attempt('Rebuilding the projections', () => ({ kind: 'rebuilt', entries: writer.rebuild() }));
    case 'close':
      writer.close();
      return { kind: 'closed' };
    default:
      return unreachable(request);
  }
}

function attempt(doing: string, work: () => WriterAnswer): WriterAnswer {
  try {
    return work();
  } catch (error) {
    return { kind: 'refused', refusal: toRefusal(toFault(error, doing)) };
  }
}

serve(workerData as WriterData);
