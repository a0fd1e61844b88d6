/** Column headings of a table. */
export function heads(...names: readonly string[]) {
  return names.map((name) => (
    <th key={name} scope="col">
      {name}
    </th>
  ));
}
