import { z } from 'zod';
import { name } from './common.ts';
import { paths } from './paths.ts';
import { secretChange, secretKeyView, secretName, secretRequest, secretRevocation, secretsView } from './secret.ts';

const nothing = z.strictObject({});
const environmentParams = z.strictObject({ environment: name });

/** The routes of `routes` that are about secrets. */
export const secretRoutes = {
  listSecrets: {
    ...paths.listSecrets,
    params: environmentParams,
    query: nothing,
    body: null,
    response: secretsView,
    summary: 'The secrets of an environment with their versions, never a value.',
  },
  setSecret: {
    ...paths.setSecret,
    params: environmentParams,
    query: nothing,
    body: secretRequest,
    response: secretChange,
    summary: 'Makes a new version of a secret.',
  },
  revokeSecret: {
    ...paths.revokeSecret,
    params: z.strictObject({
      environment: name,
      secret: secretName,
      version: z.coerce.number().int().min(1).max(1_000_000_000).describe('Number of the version.'),
    }),
    query: nothing,
    body: null,
    response: secretRevocation,
    summary: 'Erases the value of a version of a secret, for ever.',
  },
  rotateSecretKey: {
    ...paths.rotateSecretKey,
    params: nothing,
    query: nothing,
    body: nothing,
    response: secretKeyView,
    summary: 'Seals all secrets under a new key.',
  },
} as const;
