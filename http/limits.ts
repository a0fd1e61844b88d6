const mebibyte = 1024 * 1024;

/** What one server takes, unless it is told otherwise. */
export const defaultLimits = {
  /** Requests that may carry documents: a 10 MB one reaches the parser and gets its answer. */
  documentBytes: 16 * mebibyte,
  bodyBytes: mebibyte,
  requestsMost: 512,
  streamsMost: 2_000,
  /** Of one token with all its sessions; without one, of one address. */
  callerRequestsMost: 64,
  callerStreamsMost: 1_200,
  connectionsMost: 4_096,
  requestMs: 30_000,
  closeMs: 10_000,
} as const satisfies Record<string, number>;

export type Limits = { readonly [K in keyof typeof defaultLimits]: number };
