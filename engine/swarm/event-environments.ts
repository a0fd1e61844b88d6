import type { EngineHint } from '../../port/engine.ts';
import { text } from './json.ts';

/** The longest event that is read, in characters; a longer one may be about anything. */
const longestEvent = 64 * 1024;

/** Reads where events of an engine point to, as they come. */
export interface EventReader {
  /** Takes the next piece of the stream: one JSON document a line, cut anywhere. An empty piece is the connection's begin. */
  read(piece: Uint8Array): void;
  /** What was read since the last call. */
  take(): EngineHint;
}

export function createEventReader(): EventReader {
  const decoder = new TextDecoder();
  let unfinished = '';
  let named = new Set<string>();
  let isAnywhere = false;
  const readLine = (line: string) => {
    if (line.trim() === '') return;
    const environment = environmentOf(line);
    if (environment === null) isAnywhere = true;
    else named.add(environment);
  };
  return {
    read(piece) {
      if (piece.length === 0) isAnywhere = true;
      const lines = `${unfinished}${decoder.decode(piece, { stream: true })}`.split('\n');
      unfinished = lines.pop() ?? '';
      if (unfinished.length > longestEvent) {
        unfinished = '';
        isAnywhere = true;
      }
      for (const line of lines) readLine(line);
    },
    take() {
      const hint = { environments: isAnywhere ? null : named };
      named = new Set();
      isAnywhere = false;
      return hint;
    },
  };
}

/**
 * The environment whose service or container an event is about; null when it may concern any, as a node's does. Names
 * of ours begin with their environment and an underscore, which no environment's name holds (core/names.ts); whatever
 * else is found in front of one is nobody's.
 */
function environmentOf(line: string): string | null {
  const event = parsed(line);
  const attributes = ['Actor', 'Attributes'];
  const name =
    text(event, 'Type') === 'service'
      ? text(event, ...attributes, 'name')
      : text(event, ...attributes, 'com.docker.swarm.service.name');
  if (name === null) return null;
  const end = name.indexOf('_');
  return end < 0 ? name : name.slice(0, end);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
