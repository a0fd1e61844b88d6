import { parentPort, workerData } from 'node:worker_threads';
import { runEvidenceJob, type EvidenceJob } from './evidence-job.ts';

if (parentPort === null) throw new Error('this file runs as a worker thread');

parentPort.postMessage(runEvidenceJob(workerData as EvidenceJob));
