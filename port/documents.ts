import type { ReadDefinition, ServiceDefinition } from '../core/definition.ts';
import type { Fault } from '../core/fault.ts';
import type { Platform } from '../core/platform.ts';
import type { ReleaseManifest, ReleaseSource } from '../core/release.ts';
import type { ReadDeployment } from '../core/document/deployment.ts';
import type { Located } from '../core/document/locate.ts';

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads what users write, away from the caller's thread and with a deadline: a document that is too large or takes too
 * long is a Fault `document.too-large`, a wrong one `document.invalid` with every place.
 */
export interface Documents {
  readDefinition(
    source: ReleaseSource,
    of: { readonly service: string },
    vars: { readonly [name: string]: string },
    signal: AbortSignal,
  ): Promise<ReadDefinition>;
  readDeployment(source: SourceFile, signal: AbortSignal): Promise<ReadDeployment>;
  /** Where paths of keys stand in a document; see `locate`. */
  locate(source: SourceFile, paths: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly Located[]>;
  readPlatform(source: SourceFile, signal: AbortSignal): Promise<Platform>;
  /**
   * Makes definitions concrete, several at a time: an answer for each, in their order. Only what its parameters or its
   * content are to blame for is an answer; the rest is thrown.
   */
  instantiate(requests: readonly InstantiationRequest[], signal: AbortSignal): Promise<readonly Instantiated[]>;
}

/** A release, its values and the texts of its templates. */
export interface InstantiationRequest {
  readonly manifest: ReleaseManifest;
  readonly values: { readonly [name: string]: string };
  readonly templates: { readonly [path: string]: string };
}

export type Instantiated =
  { readonly kind: 'value'; readonly value: ServiceDefinition } | { readonly kind: 'fault'; readonly fault: Fault };
