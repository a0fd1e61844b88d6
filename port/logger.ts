import type { JsonObject } from '../core/json.ts';

/** Structured log lines for operators. Never a secret's value. */
export interface Logger {
  info(message: string, facts?: JsonObject): void;
  warn(message: string, facts?: JsonObject): void;
  error(message: string, facts?: JsonObject): void;
}
