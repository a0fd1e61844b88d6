import { parseSync, Visitor } from 'oxc-parser';
import type { Node } from 'oxc-parser';

/** One module that a source file names. `names` is undefined where the whole module is taken. */
export type ImportSite = {
  readonly specifier: string;
  readonly line: number;
  readonly names: readonly string[] | undefined;
  readonly dynamic: boolean;
};

/** A use of a name (`process`), of a member (`Date.now`), or a construction without arguments (`new Date()`). */
export type Use = { readonly name: string; readonly line: number };

export type SourceFacts = {
  readonly imports: readonly ImportSite[];
  readonly uses: readonly Use[];
  readonly calls: readonly Use[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
  readonly defaultExportLine: number | undefined;
};

/** Parses TypeScript and tells what the repository's rules ask about. Throws if it is not valid TypeScript. */
export function readSource(path: string, text: string): SourceFacts {
  const parsed = parseSync(path, text);
  const error = parsed.errors[0];
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const lineAt = lineFinder(text);
  const { staticImports, staticExports } = parsed.module;
  const exports = staticExports.flatMap((site) => site.entries);
  const defaultExport = exports.find(
    (entry) => entry.exportName.kind === 'Default' || entry.exportName.name === 'default',
  );
  const imports: ImportSite[] = staticImports.map((site) => ({
    specifier: site.moduleRequest.value,
    line: lineAt(site.start),
    names: importedNames(site.entries.map((entry) => entry.importName)),
    dynamic: false,
  }));
  for (const entry of exports) {
    if (entry.moduleRequest === null) continue;
    imports.push({
      specifier: entry.moduleRequest.value,
      line: lineAt(entry.start),
      names: importedNames([entry.importName]),
      dynamic: false,
    });
  }
  const seen = visit(parsed.program, lineAt);
  return {
    imports: [...imports, ...seen.imports],
    uses: seen.uses,
    calls: seen.calls,
    comments: parsed.comments.map((comment) => ({ text: comment.value, line: lineAt(comment.start) })),
    defaultExportLine: defaultExport === undefined ? undefined : lineAt(defaultExport.start),
  };
}

type ImportedName = { readonly kind: string; readonly name?: string | null };

function importedNames(entries: readonly ImportedName[]): readonly string[] | undefined {
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'Name' || typeof entry.name !== 'string') return undefined;
    names.push(entry.name);
  }
  return names;
}

function visit(program: Parameters<Visitor['visit']>[0], lineAt: (offset: number) => number) {
  const imports: ImportSite[] = [];
  const uses: Use[] = [];
  const calls: Use[] = [];
  const keys = new Set<number>();
  const ignoreKey = (node: { computed: boolean; key: Node; shorthand?: boolean }): void => {
    if (!node.computed && node.shorthand !== true) keys.add(node.key.start);
  };
  const dynamicImport = (source: Node, dynamic: boolean): void => {
    const specifier = source.type === 'Literal' && typeof source.value === 'string' ? source.value : '(computed)';
    imports.push({ specifier, line: lineAt(source.start), names: undefined, dynamic });
  };
  const visitor = new Visitor({
    ImportExpression: (node) => dynamicImport(node.source, true),
    TSImportType: (node) => dynamicImport(node.source, false),
    Property: ignoreKey,
    PropertyDefinition: ignoreKey,
    MethodDefinition: ignoreKey,
    TSPropertySignature: ignoreKey,
    TSMethodSignature: ignoreKey,
    MemberExpression(node) {
      if (!node.computed) keys.add(node.property.start);
      const member = memberName(node.property);
      if (node.object.type === 'Identifier' && member !== undefined) {
        uses.push({ name: `${node.object.name}.${member}`, line: lineAt(node.start) });
      }
    },
    NewExpression(node) {
      if (node.callee.type !== 'Identifier' || node.arguments.length > 0) return;
      uses.push({ name: `new ${node.callee.name}()`, line: lineAt(node.start) });
    },
    CallExpression(node) {
      if (node.callee.type !== 'Identifier') return;
      calls.push({ name: node.callee.name, line: lineAt(node.start) });
    },
    Identifier(node) {
      if (!keys.has(node.start)) uses.push({ name: node.name, line: lineAt(node.start) });
    },
  });
  visitor.visit(program);
  return { imports, uses, calls };
}

function memberName(property: Node): string | undefined {
  if (property.type === 'Identifier') return property.name;
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : undefined;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
