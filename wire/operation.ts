import type { z } from 'zod';
import type { FaultCode } from '../core/fault-codes.ts';

/** The chapters of the API's reference, in order. */
export const tags = {
  releases: 'Immutable versions of services. CI registers them.',
  deployments: 'Plans, and deployments that carry them out.',
  environments: 'What is to run where, what was seen to run, and the logs of it.',
  ledger: 'The record of every fact and decision, at rest and live.',
  access: 'Who asks: tokens, and the sessions of browsers.',
  secrets: 'Values that services mount: they go in, and never come out.',
  server: 'The server itself, its clusters and its platform document.',
} as const;

export type Tag = keyof typeof tags;

/** What a route does beyond what its schemas say. */
export interface Operation {
  readonly tag: Tag;
  /** More than the route's summary says; one paragraph, or empty where the summary is all. */
  readonly description: string;
  /** Each status that is answered with the route's own response, and when. */
  readonly answers: Readonly<Record<number, string>>;
  /** What it can fail with besides what any route of its kind can (wire/operation-codes.ts). */
  readonly codes: readonly FaultCode[];
  /** Header fields that it reads. */
  readonly headers: readonly ('idempotency-key' | 'last-event-id')[];
  /** Of server-sent events: what the data of each event is, by the event's name; null where it has none of meaning. */
  readonly events: Readonly<Record<string, z.ZodType | null>> | null;
}

/** A route of which nothing more is said. */
export const plain: Operation = {
  tag: 'server',
  description: '',
  answers: { 200: 'It is so.' },
  codes: [],
  headers: [],
  events: null,
};
