import type { ReadDefinition, ServiceDefinition } from '../core/definition.ts';
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
  instantiate(
    manifest: ReleaseManifest,
    values: { readonly [name: string]: string },
    templates: { readonly [path: string]: string },
    signal: AbortSignal,
  ): Promise<ServiceDefinition>;
}
