/** What users may call a service, component, environment or cluster: a DNS label (RFC 1123) of at most 40 characters. */
export const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** A version: what an OCI tag may be, at most 64 characters. */
export const versionPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
