import type { VarietyDefinition } from './evidence/variety.ts';
import type { Requirements } from './evidence/requirements.ts';
import type { EnvironmentParameters } from './parameter/resolve.ts';
import type { SignerDefinition } from './evidence/signer.ts';

/** How to reach a cluster. Paths are resolved against the platform document's folder. */
export interface ClusterDefinition {
  readonly engine: 'swarm' | 'simulated';
  /** `unix:///path`, `tcp://host:port`; empty for a simulated engine. */
  readonly endpoint: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
  readonly roles: readonly string[];
  /** Where other clusters reach this one. */
  readonly address: string | null;
  /** Steps under way at once on this cluster. */
  readonly stepsAtOnce: number;
  /**
   * Tasks of this cluster that may be starting at the same time because of Drayage, over all environments and
   * deployments. Absent where the document does not say: then `defaultStartsAtOnce`.
   */
  readonly startsAtOnce?: number;
  /** How many nodes a simulated cluster has, at most 10,000. Absent where the document does not say: then two. */
  readonly nodes?: number;
}

/** A password that an environment keeps as a secret. */
export interface RegistrySecret {
  readonly username: string;
  readonly environment: string;
  readonly secret: string;
}

export interface RegistryDefinition {
  /**
   * `docker-config` reads the server's Docker configuration file and its helpers; `none` asks without credentials; else
   * the newest version of an environment's secret is the password.
   */
  readonly credentials: 'docker-config' | 'none' | RegistrySecret;
  /** Plain HTTP; loopback addresses are always tried so. */
  readonly insecure: boolean;
}

/** Where a secret of an environment is kept, when it is not Drayage's own store. Paths are resolved as those of `tls`. */
export type SecretSource =
  /** One that somebody else put on the engines, by its name there. */
  | { readonly kind: 'engine'; readonly name: string }
  /** The whole content of a file that the server can read. */
  | { readonly kind: 'file'; readonly path: string }
  /** A value of a file that sops encrypted to age recipients. */
  | {
      readonly kind: 'sops';
      readonly file: string;
      /** `binary`: a whole file, encrypted as one value. */
      readonly format: 'yaml' | 'json' | 'dotenv' | 'binary';
      /** The keys that lead to the value, from the outermost; of a list, the number of the item, from 0. */
      readonly key: readonly string[];
      /** File with the age identities that open it. */
      readonly identity: string;
    }
  /** A field of a secret in a KV version 2 store of HashiCorp Vault. */
  | {
      readonly kind: 'vault';
      readonly address: string;
      readonly mount: string;
      readonly path: string;
      readonly field: string;
      /** File with the token. */
      readonly token: string;
    };

/** How many tasks of a cluster may be starting at once where its definition says nothing. */
export const defaultStartsAtOnce = 20;

/** What reaches out of a container into its node, allowed to one service of one environment. */
export interface Allowance {
  /** Paths of a node below which, or at which, binds may lie; sorted. */
  readonly binds: readonly string[];
  /** Such as `NET_ADMIN`; sorted. */
  readonly capabilities: readonly string[];
  readonly hostNetwork: boolean;
  /** Names of volume drivers other than `local`, and `local` itself when it may be given options; sorted. */
  readonly volumeDrivers: readonly string[];
}

export interface EnvironmentDefinition {
  readonly clusters: readonly string[];
  /** Groups of clusters, one after the other; empty: all at once. */
  readonly waves: readonly (readonly string[])[];
  /** What becomes of a failed deployment's changes. */
  readonly onFailure: 'roll-back' | 'leave';
  /** Whether a newer deployment ends one that still waits for the same services. */
  readonly waiting: 'queue' | 'supersede';
  /** The deadline of a step whose release names none. */
  readonly stepDeadlineMs: number;
  /** Its networks are encrypted between nodes. Absent: they are not. */
  readonly encrypted?: true;
  /** What releases have to prove before they come here. Absent: nothing. */
  readonly requires?: Requirements;
  /** Values of parameters for every service that has one of the name. Absent: none. */
  readonly parameters?: { readonly [name: string]: string };
  /** What is said of one service alone; its parameters go before those for all. Absent: nothing of any. */
  readonly services?: { readonly [service: string]: { readonly parameters: { readonly [name: string]: string } } };
  /** By service. Absent: nothing is allowed to any. */
  readonly allows?: { readonly [service: string]: Allowance };
  /** Secrets that are kept elsewhere, by name. Absent: Drayage keeps all of them. */
  readonly secrets?: { readonly [secret: string]: SecretSource };
}

/**
 * A named group of environments that share values of parameters: those of one customer, or those that take part in an
 * early access. No other slice of any of them gives the same parameter to the same service.
 */
export interface SliceDefinition {
  readonly environments: readonly string[];
  /** Values for every service that has one of the name. */
  readonly parameters: { readonly [name: string]: string };
  /** What is said of one service alone; goes before those for all. */
  readonly services: { readonly [service: string]: { readonly parameters: { readonly [name: string]: string } } };
}

/** Who may do what without a token. */
export interface RightsDefinition {
  /** `viewer`: whoever reaches the server may look, without signing in. */
  readonly anonymous: 'viewer' | 'none';
}

/** How long log excerpts are kept where the document says nothing: 90 days. */
export const defaultLogRetentionMs = 90 * 86_400_000;

/** What becomes of what the ledger keeps. */
export interface LedgerDefinition {
  readonly retention: {
    /** How long log excerpts are kept, in ms; null: for ever. */
    readonly logsMs: number | null;
  };
}

/** The resolved content of a `kind: Platform` document. */
export interface Platform {
  readonly clusters: { readonly [name: string]: ClusterDefinition };
  readonly registries: { readonly [host: string]: RegistryDefinition };
  readonly environments: { readonly [name: string]: EnvironmentDefinition };
  /** Absent where the document has none. */
  readonly slices?: { readonly [name: string]: SliceDefinition };
  /** Whose signatures can be asked for, by name. Absent: nobody's. */
  readonly signers?: { readonly [signer: string]: SignerDefinition };
  /** Absent in documents applied before there were rights: then as `none`. */
  readonly rights?: RightsDefinition;
  /** Absent where the document does not say: then the defaults. */
  readonly ledger?: LedgerDefinition;
  /** What may be in use. Absent: anything. */
  readonly variety?: VarietyDefinition;
}

/** What a platform gives an environment's parameters: its own values, and those of the slices that it is in. */
export function givenParameters({ environments, slices = {} }: Platform, environment: string): EnvironmentParameters {
  const { parameters, services } = (Object.hasOwn(environments, environment) && environments[environment]) || {};
  return {
    ...(parameters === undefined ? {} : { parameters }),
    ...(services === undefined ? {} : { services }),
    slices: Object.fromEntries(Object.entries(slices).filter(([, slice]) => slice.environments.includes(environment))),
  };
}
