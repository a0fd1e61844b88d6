import type { Answer } from './answer.ts';

/** Which tags of its repository point to an image. */
export interface ImageTags {
  readonly tags: readonly string[];
  /** How many of the repository's tags were looked at, and how many it listed. */
  readonly lookedAt: number;
  readonly listed: number;
}

/** An image that another one was built from. */
export interface Ancestor {
  /** Reference as it was told, such as `registry.example.com/base/node:26`; null when only layers tell of it. */
  readonly name: string | null;
  /** `sha256:...`; null when only a name was told. */
  readonly digest: string | null;
  /** The known release that it is an image of, such as `base@26.1`; null when it is none. */
  readonly release: string | null;
  /** When it was made, in ms since 1970, where its registry was asked and tells; absent: it is not known. */
  readonly createdAt?: number;
  /** How it was found: named by the image itself, or the same layers lie below. */
  readonly by: 'annotation' | 'layers';
}

/** One line of how an image came to be. */
export interface HistoryLine {
  /** In ms since 1970; null when it does not say. */
  readonly at: number | null;
  /** The instruction, without the values of build arguments. */
  readonly by: string;
}

/** What a registry tells of an image: its manifest, its configuration, its tags. */
export interface ImageFacts {
  /** Digest of the manifest or index that the release names. */
  readonly digest: string;
  /** Digest of the manifest of one platform that was looked at; the same where the release names no index. */
  readonly manifest: string;
  /** Digest of the configuration: what engines call the image's id. */
  readonly config: string;
  /** `linux/amd64`; null when it does not say. */
  readonly platform: string | null;
  /** In ms since 1970; null when it does not say. */
  readonly createdAt: number | null;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly user: string | null;
  readonly healthCheck: readonly string[];
  readonly labels: { readonly [name: string]: string };
  readonly annotations: { readonly [name: string]: string };
  readonly layers: number;
  /** ChainID of all its layers; null when it has none. */
  readonly chain: string | null;
  readonly history: readonly HistoryLine[];
  readonly tags: Answer<ImageTags>;
  /** The nearest first. */
  readonly ancestors: Answer<readonly Ancestor[]>;
}
