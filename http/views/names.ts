/** What people call the actors of a page; an id that has no name stands for itself. */
export type Names = ReadonlyMap<string, string>;

/** What people call one of them. */
export function nameOf(names: Names, actor: string): string {
  return names.get(actor) ?? actor;
}
