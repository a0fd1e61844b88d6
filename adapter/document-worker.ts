import { parentPort } from 'node:worker_threads';
import { runJob, type DocumentAnswer, type DocumentJob } from './document-job.ts';

if (parentPort === null) throw new Error('this file runs as a worker thread');
const port = parentPort;

function answer(message: DocumentAnswer): void {
  port.postMessage(message);
}

port.on('message', (job: DocumentJob) => answer(runJob(job)));
answer({ kind: 'ready' });
