import { pino } from 'pino';
import type { Logger } from '../port/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Structured log lines as JSON on standard error. */
export function createPinoLogger(level: LogLevel): Logger {
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    info: (message, facts) => log.info(facts ?? {}, message),
    warn: (message, facts) => log.warn(facts ?? {}, message),
    error: (message, facts) => log.error(facts ?? {}, message),
  };
}
