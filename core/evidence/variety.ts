import type { Answer } from '../bom/answer.ts';
import { known, missing } from '../bom/answer.ts';
import type { Ancestor } from '../bom/image.ts';
import { frameworks, languagesByPackage, languagesByProgram } from './known-frameworks.ts';
import type { Package } from './summary.ts';

/** What may be in use; absent: anything. A name may end in `*`. */
export interface VarietyDefinition {
  readonly bases?: readonly string[];
  readonly languages?: readonly string[];
  readonly frameworks?: readonly string[];
}

/** What is looked at. */
export const varietyKinds = ['base', 'language', 'framework'] as const;
export type VarietyKind = (typeof varietyKinds)[number];

/** What one component was made with. */
export interface Ingredients {
  /** The image that it was built from, and when that was made, in ms since 1970; null: it is not told. */
  readonly base: Answer<{ readonly name: string; readonly createdAt: number | null }>;
  readonly languages: Answer<readonly string[]>;
  /** With their versions. */
  readonly frameworks: Answer<readonly { readonly name: string; readonly version: string | null }[]>;
}

/** What is known of a component. */
export interface Component {
  readonly ancestors: Answer<readonly Ancestor[]>;
  readonly packages: Answer<readonly Package[]>;
  /** How its container is started, as a command line; null: nobody knows. */
  readonly start: string | null;
}

/**
 * What a component was made with. Languages follow from its packages and from the program that starts it; a base image's
 * own package tool brings its language, too. Without an SBOM only the program tells, and no framework is known.
 */
export function ingredientsOf({ ancestors, packages, start }: Component): Ingredients {
  const started = languageOfProgram(start);
  return {
    base: baseOf(ancestors),
    languages:
      packages.kind === 'known'
        ? known([...new Set([...packages.value.flatMap(languageOf), ...started])].toSorted(), packages.source)
        : started.length > 0
          ? known(started, 'the program that starts it')
          : packages,
    frameworks:
      packages.kind === 'known'
        ? known(packages.value.flatMap(frameworkOf).toSorted(byName), packages.source)
        : packages,
  };
}

function baseOf(ancestors: Component['ancestors']): Ingredients['base'] {
  if (ancestors.kind === 'missing') return ancestors;
  const [nearest] = ancestors.value;
  if (nearest === undefined) return missing('no ancestor is known');
  const name = nearest.name?.replace(/@sha256:.*$/, '') ?? nearest.release ?? nearest.digest ?? '?';
  return known({ name, createdAt: nearest.createdAt ?? null }, ancestors.source);
}

function languageOf({ purl }: Package): readonly string[] {
  const type = /^pkg:([a-z0-9.+-]+)\//i.exec(purl ?? '')?.[1]?.toLowerCase() ?? '';
  const language = Object.hasOwn(languagesByPackage, type) ? languagesByPackage[type] : undefined;
  return language === undefined ? [] : [language];
}

function languageOfProgram(start: string | null): readonly string[] {
  const program = start?.trim().split(/\s/)[0]?.split('/').at(-1) ?? '';
  const found = languagesByProgram.find(([pattern]) => pattern.test(program));
  return found === undefined ? [] : [found[1]];
}

function frameworkOf({
  purl,
  version,
}: Package): readonly { readonly name: string; readonly version: string | null }[] {
  const key = (purl ?? '')
    .toLowerCase()
    .replace(/[?#].*$/, '')
    .replace(/@[^@/]*$/, '')
    .replaceAll('%40', '@');
  const name = frameworks.get(key);
  return name === undefined ? [] : [{ name, version }];
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Whether a name is on the list; null: there is no list. */
export function isAllowed(name: string, list: readonly string[] | undefined): boolean | null {
  if (list === undefined) return null;
  return list.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : name === each));
}
