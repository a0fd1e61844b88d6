import type { Digest } from './hash.ts';
import type { Json } from './json.ts';

/** A component's image, as the registry resolved it when the release was registered. */
export interface ReleaseImage {
  /** As the Compose file has it. */
  readonly reference: string;
  /** `repository:tag@sha256:...`. */
  readonly resolved: string;
  /** Whether the image itself declares a health check; null when its configuration was not readable. */
  readonly hasHealthCheck: boolean | null;
}

/**
 * A value that each environment supplies: an unset `${VARIABLE}`, of the type that its place asks for, or one that
 * `x-drayage.parameters` declares. What only a declaration says is absent where none does: a manifest of before there
 * were declarations stays as it is.
 */
export interface Parameter {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'number' | 'boolean' | 'duration' | 'bytes' | 'enum' | 'url';
  /** Whether nothing can be made of the release without a value. */
  readonly required: boolean;
  /** By `x-drayage.parameters`: each value is checked before it is used anywhere. */
  readonly declared?: true;
  readonly description?: string;
  /** The value where nothing else gives one. */
  readonly default?: string;
  /** A regular expression that the whole value matches. */
  readonly pattern?: string;
  /** Of an enum: all it can be. */
  readonly values?: readonly string[];
  /** Of an integer. */
  readonly min?: number;
  readonly max?: number;
}

/**
 * One version of a service, immutable. Its identity is the digest of `ReleaseIdentity`; the rest is evidence.
 * `definition` is the Compose document as JSON, after `--var`, still holding its parameters.
 */
export interface ReleaseIdentity {
  readonly service: string;
  readonly version: string;
  readonly definition: Json;
  /** component -> image reference with digest. */
  readonly images: { readonly [component: string]: string };
  /** path as the definition has it -> digest of the stored file. */
  readonly files: { readonly [path: string]: Digest };
}

/**
 * A Compose project as it was sent: one Compose file and, where there is more, what belongs to it. The folder of the
 * first file is the project's; `name`s are what messages call the files.
 */
export interface ReleaseSource {
  readonly name: string;
  readonly text: string;
  /** Compose files that are merged over the first one, in this order. */
  readonly overrides?: readonly { readonly name: string; readonly text: string }[];
  /** Files that these name (included, extended, with variables or labels): path from the project's folder -> text. */
  readonly files?: { readonly [path: string]: string };
  /** Profiles that are active; `*` for all. */
  readonly profiles?: readonly string[];
}

/** What is stored of a release, as a blob. */
export interface ReleaseManifest {
  readonly identity: ReleaseIdentity;
  readonly parameters: readonly Parameter[];
  readonly images: { readonly [component: string]: ReleaseImage };
  /** The definition's texts, for people and for error places. */
  readonly source: ReleaseSource;
  /** What the user added: git hash, build URL, anything. */
  readonly meta: { readonly [key: string]: string };
  readonly warnings: readonly string[];
  /** Paths of `identity.files` whose content has parameters to be filled in; absent where there are none. */
  readonly templates?: readonly string[];
}
