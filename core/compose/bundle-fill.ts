import type { DocumentNode, MapEntry, ScalarNode } from '../document/node.ts';
import type { Problems } from '../document/problems.ts';
import { fill, parseTemplate, printTemplate, TemplateError, variablesOf, type Values } from './template.ts';

/**
 * A file's tree with known values filled in; the names of those that were used are added to `used`. Keys are no
 * templates. What is no template is told where it is read.
 */
export function fillTree(root: DocumentNode, values: Values, used: Set<string>, problems: Problems): DocumentNode {
  const done = new Map<DocumentNode, DocumentNode>();
  const visit = (node: DocumentNode): DocumentNode => {
    const before = done.get(node);
    if (before !== undefined) return before;
    const after = visitNew(node);
    done.set(node, after);
    return after;
  };
  const visitNew = (node: DocumentNode): DocumentNode => {
    if (node.kind === 'list') return { ...node, items: node.items.map(visit) };
    if (node.kind === 'map') {
      const entries = node.entries.map((entry): MapEntry => ({ ...entry, value: visit(entry.value) }));
      return { ...node, entries };
    }
    return fillScalar(node, values, used, problems);
  };
  return values.size === 0 ? root : visit(root);
}

function fillScalar(node: ScalarNode, values: Values, used: Set<string>, problems: Problems): ScalarNode {
  if (typeof node.value !== 'string' || !node.source.includes('$')) return node;
  try {
    const template = parseTemplate(node.source);
    const names = variablesOf(template).filter(({ name }) => values.has(name));
    if (names.length === 0) return node;
    for (const { name } of names) used.add(name);
    const text = printTemplate(fill(template, values));
    return { ...node, value: text, source: text };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    if (error.offset === 0) problems.add(node, error.message);
    return node;
  }
}
