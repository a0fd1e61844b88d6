import { z } from 'zod';

const root = z.string().describe('File with a sigstore trusted root, relative to the folder of the document.');
const loggedKey = root.optional().describe('With one, each signature has to stand in one of its logs.');

/** `signers.S`: a key, here or in a file, or an identity. */
export const signerShape = z.union([
  z.strictObject({ key: z.string().describe('Public key as PEM.'), trustedRoot: loggedKey }),
  z.strictObject({ keyFile: z.string().describe('File with the public key as PEM.'), trustedRoot: loggedKey }),
  z.strictObject({
    identity: z.strictObject({
      issuer: z.string().describe('Address of the identity provider, exactly.'),
      subject: z.string().describe('Pattern of the identity: * stands for any characters but /, ** for any at all.'),
    }),
    trustedRoot: root,
    log: z.enum(['required', 'optional']).optional().describe('Whether an entry of a transparency log is; required.'),
  }),
]);

const patterns = z.union([z.string(), z.array(z.string())]).optional();

/** What `requires` says of signers. */
export const signingRequirements = {
  signatures: z.array(z.string()).optional().describe('Signers, all of whom have to have signed every image.'),
  provenance: z
    .strictObject({
      builder: patterns.describe('Pattern of the builder, or several.'),
      source: patterns.describe('Pattern of the source repository, or several.'),
      signedBy: z.array(z.string()).optional().describe('Signers, one of whom has to have signed it.'),
    })
    .optional()
    .describe('What SLSA provenance has to say of every image.'),
};
