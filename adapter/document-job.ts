import { instantiate, readDefinition } from '../core/compose/definition.ts';
import type { ReadDefinition, ServiceDefinition } from '../core/definition.ts';
import { readDeployment, type ReadDeployment } from '../core/document/deployment.ts';
import { locate, type Located } from '../core/document/locate.ts';
import { readPlatform } from '../core/document/platform.ts';
import type { Platform } from '../core/platform.ts';
import { unreachable } from '../core/unreachable.ts';
import type { InstantiationRequest } from '../port/documents.ts';
import { answerOf, type ThreadAnswer } from './thread-answer.ts';

/** What the worker can be asked: the arguments of each method, and what it answers. */
export interface DocumentMethods {
  readonly readDefinition: {
    readonly arguments: Parameters<typeof readDefinition>;
    readonly answer: ReadDefinition;
  };
  readonly readDeployment: {
    readonly arguments: Parameters<typeof readDeployment>;
    readonly answer: ReadDeployment;
  };
  readonly readPlatform: {
    readonly arguments: Parameters<typeof readPlatform>;
    readonly answer: Platform;
  };
  readonly locate: {
    readonly arguments: Parameters<typeof locate>;
    readonly answer: readonly Located[];
  };
  readonly instantiate: {
    readonly arguments: readonly [readonly InstantiationRequest[]];
    readonly answer: readonly ThreadAnswer<ServiceDefinition>[];
  };
}

export type DocumentMethod = keyof DocumentMethods;

/** One thing to do, as it is sent to the worker. */
export type DocumentJob = {
  [M in DocumentMethod]: {
    readonly method: M;
    readonly arguments: DocumentMethods[M]['arguments'];
  };
}[DocumentMethod];

/** How many documents a job is about: so many budgets it has. */
export function documentsIn(job: DocumentJob): number {
  return job.method === 'instantiate' ? job.arguments[0].length : 1;
}

/** What the worker sends back: that it is there, or what came of a job. */
export type DocumentAnswer = { readonly kind: 'ready' } | ThreadAnswer<unknown>;

/** Does one job; never throws. */
export function runJob(job: DocumentJob): DocumentAnswer {
  return answerOf(() => perform(job));
}

function perform(job: DocumentJob): DocumentMethods[DocumentMethod]['answer'] {
  switch (job.method) {
    case 'readDefinition':
      return readDefinition(...job.arguments);
    case 'readDeployment':
      return readDeployment(...job.arguments);
    case 'readPlatform':
      return readPlatform(...job.arguments);
    case 'locate':
      return locate(...job.arguments);
    case 'instantiate':
      return job.arguments[0].map(({ manifest, values, templates }) =>
        answerOf(() => instantiate(manifest, values, templates)),
      );
    default:
      return unreachable(job);
  }
}
