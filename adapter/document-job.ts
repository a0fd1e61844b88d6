import { instantiate, readDefinition } from '../core/compose/definition.ts';
import type { ReadDefinition, ServiceDefinition } from '../core/definition.ts';
import { readDeployment, type ReadDeployment } from '../core/document/deployment.ts';
import { locate, type Located } from '../core/document/locate.ts';
import { readPlatform } from '../core/document/platform.ts';
import { isFault, type FaultCode, type Problem } from '../core/fault.ts';
import type { JsonObject } from '../core/json.ts';
import type { Platform } from '../core/platform.ts';
import { unreachable } from '../core/unreachable.ts';

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
    readonly arguments: Parameters<typeof instantiate>;
    readonly answer: ServiceDefinition;
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

/** A Fault as it travels between threads. */
export interface SentFault {
  readonly code: FaultCode;
  readonly message: string;
  readonly facts: JsonObject;
  readonly next: string | null;
  readonly problems: readonly Problem[];
}

/** What the worker sends back. `bug` is the stack of what was thrown and is no Fault. */
export type DocumentAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly fault: SentFault }
  | { readonly kind: 'bug'; readonly stack: string };

/** Does one job; never throws. */
export function runJob(job: DocumentJob): DocumentAnswer {
  try {
    return { kind: 'value', value: perform(job) };
  } catch (error) {
    if (!isFault(error)) {
      return { kind: 'bug', stack: error instanceof Error ? String(error.stack) : String(error) };
    }
    const { code, message, facts, next, problems } = error;
    return { kind: 'fault', fault: { code, message, facts, next, problems } };
  }
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
      return instantiate(...job.arguments);
    default:
      return unreachable(job);
  }
}
