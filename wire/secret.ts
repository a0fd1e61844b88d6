import { z } from 'zod';
import { secretBytesMost, secretNameHint, secretNamePattern } from '../core/secret.ts';
import { moment, receipt } from './common.ts';

export const secretName = z
  .string()
  .regex(secretNamePattern, `a secret's name is ${secretNameHint}`)
  .meta({
    id: 'SecretName',
    description: `Name of a secret of an environment: ${secretNameHint}.`,
  });

const version = z.number().int().min(1);

/** What base64 makes of a little more than a secret may have: the server then says how large it may be. */
const base64Most = 4 * Math.ceil((secretBytesMost + 65_536) / 3);

export const secretRequest = z
  .strictObject({
    secret: secretName,
    value: z.base64().max(base64Most).describe(`The value in base64 (RFC 4648): 1 to ${secretBytesMost} bytes.`),
    base: z
      .number()
      .int()
      .min(0)
      .nullable()
      .default(null)
      .describe('The newest version that the sender knows, 0 for none: another one is refused. Null: whatever it is.'),
  })
  .meta({ id: 'SecretRequest', description: 'A new version of a secret.' });

export const secretChange = z
  .object({ environment: z.string(), secret: z.string(), version, receipt })
  .meta({ id: 'SecretChange', description: 'A version of a secret that was set or revoked.' });

export const secretRevocation = secretChange
  .extend({ usedBy: z.array(z.string()).describe('Services that have it all the same, or are about to get it.') })
  .meta({ id: 'SecretRevocation', description: 'A version of a secret whose value was erased.' });

const secretUse = z
  .object({
    version: z.string().describe('As plans show it; of a secret that an engine keeps its name there.'),
    id: z.string().nullable().describe('Of the version; null: an engine keeps it.'),
    services: z.array(z.string()),
  })
  .meta({ id: 'SecretUse', description: 'Which services have a version of a secret, or are about to get it.' });

const secretVersion = z
  .object({
    version,
    id: z.string().describe('Its name on engines is `drayage-secret-` and this; it tells nothing of the value.'),
    size: z.string().describe('Roughly how large the value is.'),
    createdAt: moment,
    actor: z.string().describe('Who set it, as people call them.'),
    revokedAt: moment.nullable().describe('When its value was erased; null: it was not.'),
  })
  .meta({ id: 'SecretVersion', description: 'A version of a secret, without its value.' });

export const secretView = z
  .object({
    secret: z.string(),
    from: z
      .enum(['drayage', 'engine', 'file', 'sops', 'vault'])
      .describe('Where it is kept: by Drayage, or where the platform document says.'),
    versions: z.array(secretVersion).describe('That Drayage keeps or kept, oldest first.'),
    uses: z.array(secretUse).describe('Who has which version: with one that is not here, nothing runs.'),
  })
  .meta({ id: 'SecretView', description: 'A secret of an environment, without its value.' });

export const secretsView = z
  .object({ items: z.array(secretView) })
  .meta({ id: 'SecretsView', description: 'The secrets of an environment, by name.' });

export const secretKeyView = z
  .object({
    key: z.string().describe('Id of the master key that seals from now on.'),
    versions: z.number().int().describe('How many versions are sealed under it now.'),
  })
  .meta({ id: 'SecretKeyView', description: 'The key that seals secrets.' });

export type SecretView = z.infer<typeof secretView>;
