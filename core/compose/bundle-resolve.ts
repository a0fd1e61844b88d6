import { describeNode, emptyNode, type DocumentNode, type SourceFile } from '../document/node.ts';
import type { Problems } from '../document/problems.ts';
import type { ReleaseSource } from '../release.ts';
import { rebase } from './bundle-rebase.ts';
import { checkNodes, createBundle, type Bundle, type Wanted } from './bundle.ts';
import { applyEnvFiles } from './env-file-apply.ts';
import { applyExtends } from './extends.ts';
import { applyIncludes, type FileScope } from './include.ts';
import { fileRules } from './merge-rules.ts';
import { merge, settle } from './merge.ts';
import { applyProfiles } from './profiles.ts';
import type { Values } from './template.ts';

/** A project as one document. */
export interface Resolved {
  /** The document that all of its files come to, without `include`, `extends`, `profiles`, `env_file`, `label_file`. */
  readonly root: DocumentNode;
  /** Variables that have a value and stand somewhere in the files. */
  readonly used: ReadonlySet<string>;
  /** Every file that the project names besides those of configs, whether it came along or not. */
  readonly wanted: readonly Wanted[];
}

/**
 * Makes one document of a project, in the order of Compose: each file has its variables filled in, then its includes,
 * then its extends; the files are merged; components without an active profile are left out; env files are read. A file
 * alone that uses none of this comes out as it went in. What is wrong is told with its own file's name. Throws
 * `document.too-large`, and `document.invalid` for what is no YAML.
 */
export function resolveBundle(source: ReleaseSource, values: Values, problems: Problems): Resolved {
  const bundle = createBundle(source, problems);
  const files: readonly SourceFile[] = [source, ...(source.overrides ?? [])];
  let root = loadFiles(files, { folder: '', values, chain: [source.name] }, source, bundle);
  if (root.kind === 'map') {
    root = applyProfiles(root, source.profiles ?? [], bundle);
    if (root.kind === 'map') root = applyEnvFiles(root, values, bundle);
    checkNodes(root, source);
  }
  return { root, used: bundle.used, wanted: [...bundle.wanted.values()] };
}

function loadFiles(
  files: readonly SourceFile[],
  scope: FileScope,
  source: ReleaseSource,
  bundle: Bundle,
): DocumentNode {
  const [first, ...others] = files.map((file) => loadFile(file, scope, source, bundle));
  if (first === undefined) throw new Error('a model without a file');
  const root = others.reduce((base, over) => {
    if (base.kind === 'map' && over.kind !== 'map' && !isEmpty(over)) {
      bundle.add(over, `expected a map, found ${describeNode(over)}`);
      return base;
    }
    return settle(merge(base, over, fileRules, bundle));
  }, settle(first));
  checkNodes(root, source);
  return root;
}

function isEmpty(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function loadFile(file: SourceFile, scope: FileScope, source: ReleaseSource, bundle: Bundle): DocumentNode {
  const root = rebase(bundle.load(file, scope.values), scope.folder);
  if (root.kind !== 'map') return root.onMerge === undefined ? root : emptyNode(root);
  const load = (files: readonly SourceFile[], inner: FileScope): DocumentNode =>
    loadFiles(files, inner, source, bundle);
  const whole = applyIncludes(root, scope, bundle, load);
  return applyExtends(whole, { name: file.name, folder: scope.folder, values: scope.values }, bundle);
}
