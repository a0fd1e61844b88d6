/** Those of core/fault-codes.ts that are about what releases prove. */
export const evidenceFaultCodes = {
  'evidence.unreadable': [
    'invalid',
    'The document is in no form that is read, or is damaged.',
    'Hand in CycloneDX, SPDX, Trivy, Grype, SARIF, OpenVEX or in-toto as JSON.',
  ],
  'evidence.too-large': [
    'too-large',
    'The document is above 50 MiB, above 11 MiB compressed, above 15 MiB with what is read of it, or takes too much to read.',
    'Leave files and snippets out of the document: packages and findings are what is read of it.',
  ],
  'evidence.foreign': [
    'conflict',
    'The document speaks of an image that the release does not have.',
    'Append it to the release whose image it speaks of.',
  ],
  'signer.unreadable': [
    'refused',
    'The public key or the trusted root of a signer cannot be read by the server, or is none.',
    'Put the right file where `signers` of the platform document says, readable for the server.',
  ],
  'plan.evidence-missing': [
    'refused',
    'A release does not prove what the environment requires of it.',
    'Append what is missing to the release, or release it again where its build tells more.',
  ],
} as const;
