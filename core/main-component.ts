/** The component that bears the service's name: the one called like it, or the only one; else null. */
export function mainComponent(definition: {
  readonly service: string;
  readonly components: { readonly [component: string]: unknown };
}): string | null {
  const names = Object.keys(definition.components);
  if (names.includes(definition.service)) return definition.service;
  return names.length === 1 ? (names[0] ?? null) : null;
}
