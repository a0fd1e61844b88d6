import { Fault } from '../core/fault.ts';

/** One request from its first byte to the end of its answer. */
export interface RequestUnderWay {
  /** Aborts when the client goes away or the deadline passes; its reason is then a Fault. */
  readonly signal: AbortSignal;
  /** Counts it for who sent it, until it ends. Throws `server.too-many` beyond what one caller may have. */
  belongTo(caller: string): void;
  /**
   * From now on it is a stream and no request: without a deadline, ended by the server's draining. Throws `server.busy`
   * or `server.too-many` when there are enough of them.
   */
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
  /** Of one caller. */
  readonly callerRequestsMost: number;
  readonly callerStreamsMost: number;
  readonly requestMs: number;
}

type Kind = 'requests' | 'streams';

/** Counts requests and gives each a signal. */
export function createUnderWay(limits: UnderWayLimits): UnderWay {
  const requests = new Set<AbortController>();
  const streams = new Set<AbortController>();
  const callers = {
    requests: createCounts(limits.callerRequestsMost),
    streams: createCounts(limits.callerStreamsMost),
  };
  let draining = false;
  let whenIdle: (() => void) | null = null;

  const begin = (): RequestUnderWay => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(tookTooLong(limits.requestMs)), limits.requestMs);
    let owner: string | null = null;
    let kind: Kind = 'requests';
    requests.add(controller);
    return {
      signal: controller.signal,
      belongTo(caller) {
        if (controller.signal.aborted) return; // ended meanwhile: nothing would take it off the count again
        if (!callers.requests.add(caller)) throw tooMuch(limits.callerRequestsMost, 'requests');
        owner = caller;
      },
      becomeStream() {
        if (streams.size >= limits.streamsMost) throw isBusy(`${limits.streamsMost} streams`);
        if (owner !== null) {
          if (!callers.streams.add(owner)) throw tooMuch(limits.callerStreamsMost, 'streams');
          callers.requests.remove(owner);
        }
        clearTimeout(timer);
        kind = 'streams';
        requests.delete(controller);
        streams.add(controller);
        if (draining) controller.abort(shuttingDown());
      },
      end() {
        clearTimeout(timer);
        controller.abort(clientGone());
        requests.delete(controller);
        streams.delete(controller);
        if (owner !== null) callers[kind].remove(owner);
        owner = null;
        if (requests.size + streams.size === 0) whenIdle?.();
      },
    };
  };
  return {
    begin({ evenWhileDraining }) {
      if (draining && !evenWhileDraining) throw shuttingDown();
      if (requests.size >= limits.requestsMost && !evenWhileDraining) throw isBusy(`${limits.requestsMost} requests`);
      return begin();
    },
    isDraining: () => draining,
    async drain(ms) {
      draining = true;
      for (const stream of streams) stream.abort(shuttingDown());
      if (requests.size + streams.size === 0) return;
      const idle = Promise.withResolvers<void>();
      const timer = setTimeout(idle.resolve, ms);
      whenIdle = idle.resolve;
      await idle.promise;
      clearTimeout(timer);
    },
  };
}

/** How many of something each caller has; who has none is not remembered. */
function createCounts(most: number) {
  const counts = new Map<string, number>();
  return {
    /** False, and nothing is counted, when the caller has the most already. */
    add(caller: string): boolean {
      const count = counts.get(caller) ?? 0;
      if (count >= most) return false;
      counts.set(caller, count + 1);
      return true;
    },
    remove(caller: string): void {
      const count = counts.get(caller) ?? 0;
      if (count > 1) counts.set(caller, count - 1);
      else counts.delete(caller);
    },
  };
}

function tookTooLong(ms: number): Fault {
  return new Fault('server.busy', `The request was not done within ${ms / 1000} s.`, {
    next: 'Look whether it took effect, then try again; a deployment is safe to repeat with the same Idempotency-Key.',
    retryAfterMs: 1_000,
  });
}

function isBusy(what: string): Fault {
  return new Fault('server.busy', `The server has ${what} under way already.`, {
    next: 'Try again in a second.',
    retryAfterMs: 1_000,
  });
}

function tooMuch(most: number, kind: Kind): Fault {
  return new Fault('server.too-many', `You have ${most} ${kind} under way already.`, {
    facts: { most, kind },
    next: 'Wait for some of them to end, or ask for less at once.',
    retryAfterMs: 1_000,
  });
}

function shuttingDown(): Fault {
  return new Fault('server.draining', 'The server is shutting down.', {
    next: 'Try again once it is back.',
    retryAfterMs: 2_000,
  });
}

function clientGone(): Fault {
  return new Fault('server.draining', 'The client went away.');
}
