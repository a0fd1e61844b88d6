import type { Io, Sink } from './io.ts';
import { createStyle, wantsColor, type Style } from './style.ts';
import { withIsoTimes } from './time.ts';

/** How a command speaks: texts for people, or exactly one JSON document for programs. */
export interface Terminal {
  readonly json: boolean;
  /** Style of what `say` writes. */
  readonly style: Style;
  /** Where `say` writes: standard output, or standard error when that belongs to a JSON document. */
  readonly people: Sink;
  /** For people. */
  say(text: string): void;
  /** For people, always on standard error. */
  warn(text: string): void;
  /** What was asked for: the value for programs, or else the text for people. */
  answer(value: unknown, text: string): void;
  /** The result for programs, moments as ISO 8601; nothing without `--json`. The first one counts. */
  result(value: unknown): void;
  /** Standard output exactly as given: scripts, exports, log lines. */
  raw(text: string): void;
  /** Whether anything was written to standard output for programs. */
  hasResult(): boolean;
}

/** The terminal of one command. */
export function createTerminal(io: Io, options: { readonly json: boolean; readonly color: boolean }): Terminal {
  const people = options.json ? io.stderr : io.stdout;
  let resulted = false;
  const say = (text: string): void => people.write(`${text}\n`);
  const result = (value: unknown): void => {
    if (!options.json || resulted) return;
    resulted = true;
    io.stdout.write(`${JSON.stringify(withIsoTimes(value), null, 2)}\n`);
  };
  return {
    json: options.json,
    style: createStyle(wantsColor(io.env, people.isTerminal, !options.color)),
    people,
    say,
    warn: (text) => io.stderr.write(`${text}\n`),
    answer: (value, text) => (options.json ? result(value) : say(text)),
    result,
    raw: (text) => {
      resulted = true;
      io.stdout.write(text);
    },
    hasResult: () => resulted,
  };
}
