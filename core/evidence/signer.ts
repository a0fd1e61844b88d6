/** Who signs: somebody who has a key, or whoever an identity provider vouches for. Paths are resolved as those of `tls`. */
export type SignerDefinition =
  | {
      readonly kind: 'key';
      /** The public key as PEM (RFC 7468, "PUBLIC KEY"), or the file that holds it. */
      readonly key: { readonly pem: string } | { readonly path: string };
      /** File with a sigstore trusted root: then each signature has to stand in one of its logs. Null: in none. */
      readonly trustedRoot: string | null;
    }
  | {
      readonly kind: 'identity';
      /** Address of the identity provider, exactly. */
      readonly issuer: string;
      /** Pattern of the identity (`matchesPattern`): a workflow's address, an e-mail address. */
      readonly subject: string;
      /** File with the sigstore trusted root whose authorities are believed. */
      readonly trustedRoot: string;
      /** `optional`: the time may be told by a timestamp authority alone, without an entry in a log. */
      readonly log: 'required' | 'optional';
    };

/** The most signers that a platform document names. */
export const signersMost = 50;
