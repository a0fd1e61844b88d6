import { writeSync } from 'node:fs';
import { pino } from 'pino';
import type { JsonObject, Json } from '../core/json.ts';
import type { Logger } from '../port/logger.ts';
import { withoutSecrets } from './without-secrets.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** Drayage's version: stands in every line. */
  readonly version: string;
  /** Lines for people instead of JSON; by default when standard error is a terminal. */
  readonly readable?: boolean;
  /** Takes whole lines; by default standard error, written at once, so that no line is lost with the process. */
  readonly write?: (line: string) => void;
}

/**
 * Log lines: one JSON object each, with time (RFC 3339, UTC), level, service, version, message and facts. Nothing but
 * text and JSON ever enters one, so that an error's cause or a request's headers cannot; and what has the form of a
 * secret is blanked out even so.
 */
export function createPinoLogger(options: PinoLoggerOptions): Logger {
  const { level, version, readable = process.stderr.isTTY === true, write = writeToStderr } = options;
  const log = pino(
    {
      level,
      base: { service: 'drayage', version },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: readable ? (line) => write(readableLine(line)) : write },
  );
  const facts = (of: JsonObject | undefined) => withoutSecrets(of ?? {});
  return {
    info: (message, of) => log.info(facts(of), withoutSecrets(message)),
    warn: (message, of) => log.warn(facts(of), withoutSecrets(message)),
    error: (message, of) => log.error(facts(of), withoutSecrets(message)),
  };
}

function writeToStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // Nobody reads standard error any more, and there is no other place to tell it.
  }
}

/** What pino wrote, in our own shape. */
type WrittenLine = JsonObject & { readonly time: string; readonly level: string; readonly message: string };

/** `10:04:12.301 info  request  route=/v1/plans status=200`. */
function readableLine(line: string): string {
  const { time, level, message, service: _, version: __, ...facts } = JSON.parse(line) as WrittenLine;
  const shown = Object.entries(facts).map(([name, value]) => `${name}=${factText(value)}`);
  const head = `${time.slice(11, 23)} ${level.padEnd(5)} ${message}`;
  return `${[head, ...shown].join('  ')}\n`;
}

function factText(value: Json): string {
  if (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) && !value.includes('"')) return value;
  return JSON.stringify(value);
}
