import { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';

/** The file's bytes are not what sops wrote. Nothing that it holds is quoted. */
export function broken(file: string, why: string, facts: JsonObject = {}): Fault {
  return new Fault('secret.broken', `${file} cannot be used: ${why}.`, {
    facts: { path: file, ...facts },
    next: 'Take the file back to a state that sops wrote, and look who changed it since.',
  });
}

/** The file is in order, and sealed in a way that this reader has no part in. */
export function notForUs(file: string, why: string, next: string): Fault {
  return new Fault('secret.denied', `${file} cannot be read by this server: ${why}.`, { facts: { path: file }, next });
}
