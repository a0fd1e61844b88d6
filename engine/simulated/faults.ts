/** One request of a connection to its cluster. A verb of the engine makes one or more: look, then write what follows. */
export interface EngineCall {
  readonly cluster: string;
  /** The connection's name. */
  readonly connection: string;
  /** Counts the connection's requests from 1. */
  readonly number: number;
  /** By the cluster's own clock, in ms since 1970. */
  readonly atMs: number;
  /**
   * `list` and `inspect` read; `create`, `update` (which also announces a removal) and `delete` write; `hint` is not a
   * request but something to be told.
   */
  readonly request: 'info' | 'list' | 'inspect' | 'create' | 'update' | 'delete' | 'logs' | 'hint';
  readonly environment: string | null;
  /** The engine's name of the service object; null for requests that are about more than one. */
  readonly name: string | null;
}

/** What becomes of one request. A choice that makes no sense for the request (a stale write) is as `none`. */
export type FaultChoice =
  | { readonly kind: 'none' }
  /**
   * It arrives so much later, and its answer comes so much later again, both by the cluster's clock. It arrives even when
   * the caller has given up, or is gone, meanwhile. A hint is told later.
   */
  | { readonly kind: 'delayed'; readonly requestMs: number; readonly answerMs: number }
  /**
   * No answer comes: the connection breaks at once, or, where it `hangs`, nothing is heard until the caller's deadline
   * or the request's own. `applied`: the engine has carried it out nevertheless. A hint is not told.
   */
  | { readonly kind: 'lost'; readonly applied: boolean; readonly hangs: boolean }
  /** Delivered a second time so much later; with 0 ms the caller may get the answer to the second. A hint is told twice. */
  | { readonly kind: 'repeated'; readonly afterMs: number; readonly answer: 'first' | 'second' }
  /** Status 500. `applied`: the engine has carried it out nevertheless. */
  | { readonly kind: 'failed'; readonly applied: boolean }
  /**
   * A reading tells what was so many ms ago, as from a manager that lags behind; at most as long ago as the cluster
   * remembers (`rememberMs`).
   */
  | { readonly kind: 'stale'; readonly byMs: number }
  /** A list could not be read to its end: `complete` is false, and what it lacks is not told. */
  | { readonly kind: 'incomplete'; readonly lacks: 'services' | 'tasks' };

/**
 * Decides what becomes of each request of one connection. Called once per request, in the order of their sending: a
 * policy with random numbers of its own gives the same trouble for the same seed.
 */
export type FaultPolicy = (call: EngineCall) => FaultChoice;

/** The policy without trouble. */
export const noFaults: FaultPolicy = () => ({ kind: 'none' });
