/** The public codes that are about secrets: see core/fault-codes.ts, of which they are a part. */
export const secretFaultCodes = {
  'secret.unknown': [
    'not-found',
    'There is no such secret, or no such version of it.',
    'List them with `dray secret list ENVIRONMENT`, or set it with `dray secret set ENVIRONMENT NAME`.',
  ],
  'secret.conflict': [
    'conflict',
    'Somebody else set this secret at the same time; this value was not taken.',
    'Look with `dray secret list ENVIRONMENT` whose value is to be the newest, and set it again if it is yours.',
  ],
  'secret.revoked': [
    'refused',
    'A version of a secret that is needed was revoked: its value is erased.',
    'Deploy with the present secrets instead of going back, or set the old value again as a new version.',
  ],
  'secret.gone': [
    'refused',
    'The source of a secret does not have the version any more that the plan names.',
    'Plan and deploy again with what the source has now.',
  ],
  'secret.elsewhere': [
    'conflict',
    'The platform document says that this secret is kept elsewhere.',
    'Change it where it is kept, or take it out of `environments.E.secrets` of the platform document.',
  ],
  'secret.too-short': [
    'refused',
    'The value of a secret is so short that it could not be taken out of logs without cutting it out of ordinary words.',
    'Give it at least 4 characters; what is no secret is a parameter.',
  ],
  'secret.unreachable': [
    'unavailable',
    'Where a secret is kept does not answer.',
    'Bring it back; a deployment that waits for it goes on by itself.',
  ],
  'secret.denied': [
    'refused',
    'Where a secret is kept does not give it to this server.',
    'Check the token or the rights that the server reads it with.',
  ],
  'secret.broken': [
    'broken',
    'A secret cannot be read: its bytes were changed, or it is not what its source says.',
    'Set the secret anew, then plan and deploy.',
  ],
  'secret.key-missing': [
    'refused',
    'The key file of secrets is gone, and secrets were sealed with it.',
    'Put the file back, from where it is kept apart from the backups.',
  ],
  'secret.key-wrong': [
    'refused',
    'A key file of secrets, or of age identities, is another one than the secrets were sealed for.',
    'Put the right file back, from where it is kept apart from the backups.',
  ],
  'secret.key-exposed': [
    'refused',
    'A key file of secrets, or of age identities, may be read or written by others, or lies beside what it opens.',
    'Take the rights away with `chmod 600`, keep it out of the repository, and rotate the key if others may have read it.',
  ],
  'secret.key-failed': [
    'unavailable',
    'The key file of secrets could not be read or written.',
    'Check the folder, its owner and the space on its disk.',
  ],
  'plan.secret-missing': [
    'invalid',
    'A service mounts a secret that the environment does not have.',
    'Set each one that is named with `dray secret set ENVIRONMENT NAME`.',
  ],
} as const;
