import { Fault } from '../core/fault.ts';

/** One request from its first byte to the end of its answer. */
export interface RequestUnderWay {
  /** Aborts when the client goes away or the deadline passes; its reason is then a Fault. */
  readonly signal: AbortSignal;
  /** No deadline any more: the answer is a stream, which ends with the server's draining instead. */
  becomeStream(): void;
  /** The answer is out, or the client is gone. */
  end(): void;
}

/** The requests that a server has under way: bounded, and waited for when it closes. */
export interface UnderWay {
  /** Throws `server.busy` beyond the limit and `server.draining` once `drain` was called. */
  begin(options: { readonly evenWhileDraining: boolean }): RequestUnderWay;
  isDraining(): boolean;
  /** Ends all streams, then waits until no request is under way, at most so long. */
  drain(ms: number): Promise<void>;
}

export interface UnderWayLimits {
  readonly requestsMost: number;
  readonly streamsMost: number;
  readonly requestMs: number;
}

/** Counts requests and gives each a signal. */
export function createUnderWay(limits: UnderWayLimits): UnderWay {
  const requests = new Set<AbortController>();
  const streams = new Set<AbortController>();
  let draining = false;
  let whenIdle: (() => void) | null = null;

  const begin = (): RequestUnderWay => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(tookTooLong(limits.requestMs)), limits.requestMs);
    requests.add(controller);
    return {
      signal: controller.signal,
      becomeStream() {
        if (streams.size >= limits.streamsMost) throw tooMany(`${limits.streamsMost} streams`);
        clearTimeout(timer);
        streams.add(controller);
        if (draining) controller.abort(shuttingDown());
      },
      end() {
        clearTimeout(timer);
        controller.abort(clientGone());
        requests.delete(controller);
        streams.delete(controller);
        if (requests.size === 0) whenIdle?.();
      },
    };
  };
  return {
    begin({ evenWhileDraining }) {
      if (draining && !evenWhileDraining) throw shuttingDown();
      if (requests.size >= limits.requestsMost && !evenWhileDraining) throw tooMany(`${limits.requestsMost} requests`);
      return begin();
    },
    isDraining: () => draining,
    async drain(ms) {
      draining = true;
      for (const stream of streams) stream.abort(shuttingDown());
      if (requests.size === 0) return;
      const idle = Promise.withResolvers<void>();
      const timer = setTimeout(idle.resolve, ms);
      whenIdle = idle.resolve;
      await idle.promise;
      clearTimeout(timer);
    },
  };
}

function tookTooLong(ms: number): Fault {
  return new Fault('server.busy', `The request was not done within ${ms / 1000} s.`, {
    next: 'Look whether it took effect, then try again; a deployment is safe to repeat with the same Idempotency-Key.',
  });
}

function tooMany(what: string): Fault {
  return new Fault('server.busy', `The server has ${what} under way already.`, { next: 'Try again in a second.' });
}

function shuttingDown(): Fault {
  return new Fault('server.draining', 'The server is shutting down.', { next: 'Try again once it is back.' });
}

function clientGone(): Fault {
  return new Fault('server.draining', 'The client went away.');
}
