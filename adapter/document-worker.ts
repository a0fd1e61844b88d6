import { parentPort } from 'node:worker_threads';
import { runJob, type DocumentAnswer, type DocumentJob } from './document-job.ts';

if (parentPort === null) throw new Error('this file runs as a worker thread');
const port = parentPort;

function answer(message: DocumentAnswer): void {
  port.postMessage(JSON.stringify(message));
}

port.on('message', (text: string) => answer(runJob(JSON.parse(text) as DocumentJob)));
answer({ kind: 'ready' });
