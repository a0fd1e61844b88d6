import type { SecretView } from '../../wire/secret.ts';
import type { Style } from '../style.ts';
import { renderTable, type Cell } from '../table.ts';
import { age } from '../time.ts';

/** Secrets with their versions, newest first, and who has each. */
export function renderSecrets(secrets: readonly SecretView[], style: Style, nowMs: number, width: number): string {
  const rows = secrets.flatMap((of): Cell[][] => {
    const { secret, from, versions, uses } = of;
    const name = { text: secret, paint: style.bold };
    const kept = versions.toReversed().map(({ version, id, size, createdAt, actor, revokedAt }): Cell[] => {
      const users = uses.find((use) => use.id === id)?.services ?? [];
      const state = revokedAt === null ? 'kept' : `revoked ${age(revokedAt, nowMs)} ago`;
      // Revoked, and yet something has it: that is no matter of the past.
      const paint = users.length > 0 ? style.yellow : style.dim;
      const shown: Cell = revokedAt === null ? state : { text: state, paint };
      return [name, from, String(version), age(createdAt, nowMs), actor, size, shown, shortNames(users)];
    });
    const elsewhere = uses
      .filter(({ id }) => versions.every((version) => version.id !== id))
      .map(({ version, services }): Cell[] => [name, from, version, '-', '-', '-', '-', shortNames(services)]);
    const all = [...kept, ...elsewhere];
    return all.length === 0 ? [[name, from, '-', '-', '-', '-', '-', '-']] : all;
  });
  return renderTable(['SECRET', 'FROM', 'VERSION', 'AGE', 'BY', 'SIZE', 'STATE', 'USED BY'], rows, style, { width });
}

/** The most names that are told. */
const namesMost = 5;

/** Names in a line, the first of them where they are many; `-` for none. */
export function shortNames(names: readonly string[]): string {
  if (names.length === 0) return '-';
  const more = names.length - namesMost;
  return `${names.slice(0, namesMost).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
