/** The lines of a template, without its indentation. */
export function text(parts: TemplateStringsArray): string {
  const lines = parts.join('').replace(/^\n/, '').replace(/\n *$/, '').split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}
