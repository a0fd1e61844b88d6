import type { SecretRef } from './secret.ts';

/** What a deployment spec says of one service. */
export interface SpecEntry {
  readonly version: string;
  /** Replicas of the service's main component on each cluster; null: as the release has it. */
  readonly replicas: number | null;
  readonly parameters: { readonly [name: string]: string };
  /** Target port -> published port. */
  readonly ports: { readonly [target: string]: number };
  /** The one cluster on which a service without a role runs; absent: the environment's only one. */
  readonly cluster?: string;
  /**
   * The versions of its secrets, by name. No document says them: each plan takes the newest, and a rollback those that it
   * goes back to. Absent without any.
   */
  readonly secrets?: { readonly [secret: string]: SecretRef };
}

/** All that is to run in an environment: the resolved content of a `kind: Deployment` document. */
export interface Spec {
  readonly environment: string;
  readonly services: { readonly [service: string]: SpecEntry };
}

/** A spec with the revision that it was made from; null when its author did not say. */
export interface SpecDocument extends Spec {
  readonly base: number | null;
}
