import { z } from 'zod';
import { bomFieldNames } from '../../core/bom/lines.ts';
import { namePattern, versionPattern } from '../../core/name-patterns.ts';
import { unreachable } from '../../core/unreachable.ts';
import { signerShape, signingRequirements } from './signer-shape.ts';

/** The documents that have a JSON Schema. */
export const schemaKinds = ['deployment', 'platform'] as const;
export type SchemaKind = (typeof schemaKinds)[number];

const name = z.string().regex(namePattern);

/** YAML takes `1.10` for a number; Drayage reads the text, so an editor must allow both. */
const version = z
  .union([z.string().regex(versionPattern), z.number()])
  .describe('Version of a release. Quote one that looks like a number: "1.10".');

const text = z.union([z.string(), z.number(), z.boolean()]);
const duration = z.string().regex(/^([0-9.]+(us|µs|ms|s|m|h))+$/);

const deployment = z
  .strictObject({
    apiVersion: z.literal('drayage/v1'),
    kind: z.literal('Deployment'),
    environment: name.describe('The environment whose whole content this is.'),
    revision: z.int().min(0).optional().describe('Revision of the environment that this was made from.'),
    parameters: z
      .record(z.string(), text)
      .optional()
      .describe('Values for every service that has a parameter of the name.'),
    services: z
      .record(
        name,
        z.union([
          version,
          z.strictObject({
            version,
            replicas: z.int().min(0).max(10_000).optional().describe('Replicas on each cluster.'),
            cluster: name.optional().describe('The one cluster to run on, of those of the environment.'),
            parameters: z.record(z.string(), text).optional().describe('Values of the parameters of the release.'),
            ports: z
              .record(z.string().regex(/^[1-9][0-9]{0,4}$/), z.int().min(1).max(65_535))
              .optional()
              .describe('Port in the container -> published port.'),
          }),
        ]),
      )
      .describe('Service -> version. A service that is not named here does not run here.'),
  })
  .describe('All that runs in one environment.');

const common = {
  roles: z.array(name).max(50).optional().describe('Services with one of these roles run here.'),
  address: z.string().optional().describe('Where other clusters reach this one.'),
  limits: z
    .strictObject({
      stepsAtOnce: z.int().min(1).max(1000).optional().describe('Steps of one deployment under way at once; 10.'),
      startsAtOnce: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe('Tasks that may be starting at once, over all environments and deployments; 20.'),
    })
    .optional(),
};

const cluster = z.discriminatedUnion('engine', [
  z.strictObject({
    engine: z.literal('swarm'),
    endpoint: z
      .string()
      .regex(/^(unix:\/\/\/|tcp:\/\/)/)
      .describe('unix:///path/to/socket or tcp://host:port'),
    tls: z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() }).optional(),
    ...common,
  }),
  z.strictObject({ engine: z.literal('simulated'), ...common }),
]);

const allowance = z.strictObject({
  binds: z.array(z.string()).optional().describe('Paths of a node that may be mounted, and all below them.'),
  capabilities: z.array(z.string()).optional().describe('Such as NET_ADMIN.'),
  hostNetwork: z.boolean().optional().describe('Whether containers may use the network of their node.'),
  volumeDrivers: z
    .array(z.string())
    .optional()
    .describe('Drivers of volumes; with local, its options, which can mount anything.'),
});

const findingsMost = z.number().int().min(0).max(1_000_000).optional().describe('Open findings that are allowed.');

const scanRequirement = z.strictObject({
  critical: findingsMost,
  high: findingsMost,
  medium: findingsMost,
  low: findingsMost,
  unknown: findingsMost,
  within: z
    .string()
    .regex(/^[1-9]\d{0,3}d$/)
    .optional()
    .describe('How old the newest report may be, in days: 30d.'),
});

const requirements = z.strictObject({
  bom: z.array(z.enum(bomFieldNames)).optional().describe('Answers of the bill of materials that have to be there.'),
  sbom: z.boolean().optional().describe('Whether the packages of every image have to be known.'),
  scan: scanRequirement.optional().describe('How many open findings a release may have; reports have to be there.'),
  ...signingRequirements,
});

const secretSource = z.union([
  z.strictObject({ engine: z.string().describe('Name of a secret that the clusters have already.') }),
  z.strictObject({ file: z.string().describe('A file that the server reads, whole.') }),
  z.strictObject({
    sops: z
      .strictObject({
        file: z.string().describe('A file that sops encrypted to age recipients.'),
        format: z
          .enum(['yaml', 'json', 'dotenv', 'binary'])
          .optional()
          .describe('How to read it; without it by the end of its name: .yaml, .yml, .json, .env, else binary.'),
        key: z
          .union([text, z.array(text).min(1).max(20)])
          .optional()
          .describe('The key of the value, or the keys that lead to it; none for binary.'),
        identity: z.string().describe('File with the age identities, of mode 0600 and outside the repository.'),
      })
      .describe('SOPS with age.'),
  }),
  z.strictObject({
    vault: z
      .strictObject({
        address: z.string().describe('Such as https://vault.example.com:8200.'),
        mount: z.string().optional().describe('Where the KV version 2 store is mounted; secret.'),
        path: z.string(),
        field: z.string().optional().describe('Which field of it; value.'),
        token: z.string().describe('File with the token.'),
      })
      .describe('HashiCorp Vault, KV version 2.'),
  }),
]);

const givenValues = {
  parameters: z
    .record(z.string(), text)
    .optional()
    .describe('Values for every service that has a parameter of the name.'),
  services: z
    .record(name, z.strictObject({ parameters: z.record(z.string(), text).optional() }))
    .optional()
    .describe('Service -> values for it alone; they go before those for all.'),
};

const slice = z.strictObject({
  environments: z.array(name).min(1).describe('Who is in it.'),
  ...givenValues,
});

const environment = z.strictObject({
  clusters: z.array(name).min(1).max(100),
  waves: z.array(z.array(name).min(1)).optional().describe('Groups of clusters, one after the other.'),
  onFailure: z.enum(['roll-back', 'leave']).optional(),
  waiting: z.enum(['queue', 'supersede']).optional(),
  stepDeadline: duration.optional().describe('How long one step may take, such as 3m.'),
  encrypted: z.boolean().optional().describe('Whether what its networks carry between nodes is encrypted.'),
  requires: requirements.optional().describe('What releases have to prove before they come here.'),
  ...givenValues,
  secrets: z.record(z.string(), secretSource).optional().describe('Secrets that are kept elsewhere than by Drayage.'),
  allows: z.record(name, allowance).optional().describe('Service -> what of a node its containers may reach.'),
});

const allowedNames = z
  .array(z.string().regex(/^[^\s*]{1,300}\*?$/))
  .max(1_000)
  .optional()
  .describe('Names, or the beginning of names and a star; absent: any.');

const platform = z
  .strictObject({
    apiVersion: z.literal('drayage/v1'),
    kind: z.literal('Platform'),
    clusters: z.record(name, cluster),
    registries: z
      .record(
        z.string(),
        z.strictObject({
          credentials: z
            .union([
              z.enum(['docker-config', 'none']),
              z.strictObject({ username: z.string(), environment: name, secret: z.string() }),
            ])
            .optional()
            .describe('From the Docker configuration of the server; none; or a user whose password is a secret.'),
          insecure: z.boolean().optional().describe('Plain HTTP.'),
        }),
      )
      .optional(),
    environments: z.record(name, environment),
    slices: z
      .record(name, slice)
      .optional()
      .describe("Groups of environments that share values of parameters: these go before an environment's own."),
    signers: z.record(name, signerShape).optional().describe('Whose signatures environments can ask for.'),
    variety: z
      .strictObject({ bases: allowedNames, languages: allowedNames, frameworks: allowedNames })
      .optional()
      .describe('What may be in use; dray variety tells what is.'),
    rights: z
      .strictObject({
        anonymous: z
          .enum(['viewer', 'none'])
          .optional()
          .describe('viewer: whoever reaches the server may look at everything, logs too, without signing in.'),
      })
      .optional(),
    ledger: z
      .strictObject({
        retention: z
          .strictObject({
            logs: z
              .string()
              .regex(/^([1-9][0-9]{0,4}d|forever)$/)
              .optional()
              .describe('How long log excerpts of failed tasks are kept, such as 30d, or forever; 90d if not said.'),
          })
          .optional(),
      })
      .optional(),
  })
  .describe('Clusters, registries, environments and rights: what operations owns.');

/** The shape of a document, as an editor should check it. The reader of the server has the last word. */
export function documentShape(kind: SchemaKind): z.ZodType {
  switch (kind) {
    case 'deployment':
      return deployment;
    case 'platform':
      return platform;
    default:
      return unreachable(kind);
  }
}

/** The JSON Schema (draft 2020-12) of a document. */
export function documentSchema(kind: SchemaKind): object {
  return z.toJSONSchema(documentShape(kind), { target: 'draft-2020-12' });
}
