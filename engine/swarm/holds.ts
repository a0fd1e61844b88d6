import { list, record } from './json.ts';

/**
 * Whether a live object says everything that a wanted one says. The engine leaves out what is zero, false or empty,
 * and adds members of its own: the former count as equal, the latter are not looked at.
 */
export function holds(live: unknown, wanted: unknown): boolean {
  if (isBlank(wanted)) return isBlank(live);
  if (Array.isArray(wanted)) {
    const items = list(live);
    return items.length === wanted.length && wanted.every((item, i) => holds(items[i], item));
  }
  if (typeof wanted === 'object') {
    const members = record(live);
    return Object.entries(record(wanted)).every(([name, value]) => holds(members[name], value));
  }
  return live === wanted;
}

/** Zero, false, empty, or made of nothing else. */
function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (value === 0 || value === '' || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.values(value).every((member) => isBlank(member));
}
