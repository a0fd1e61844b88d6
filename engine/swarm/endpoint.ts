import { Pool } from 'undici';
import { Fault } from '../../core/fault.ts';

/** PEM texts for a TCP endpoint behind TLS. */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface EngineAddress {
  readonly cluster: string;
  /** `unix:///path/to/docker.sock` or `tcp://host:port`. */
  readonly endpoint: string;
  readonly tls?: TlsMaterial;
}

/** How long opening a connection may take. */
const connectMs = 5_000;

/**
 * Opens a pool of connections to an engine; nothing is connected before the first request. Throws `platform.invalid`
 * when the endpoint is of neither form.
 */
export function openPool(
  address: EngineAddress,
  limits: { readonly connections: number; readonly bodyTimeoutMs: number },
): Pool {
  const { origin, connect } = dialOptions(address);
  return new Pool(origin, {
    connections: limits.connections,
    pipelining: 1,
    bodyTimeout: limits.bodyTimeoutMs,
    connect: { ...connect, timeout: connectMs },
  });
}

function dialOptions(address: EngineAddress): {
  readonly origin: string;
  readonly connect: { readonly socketPath?: string } & Partial<TlsMaterial>;
} {
  const { endpoint, tls } = address;
  if (endpoint.startsWith('unix:///'))
    return { origin: 'http://engine', connect: { socketPath: endpoint.slice('unix://'.length) } };
  const host = /^tcp:\/\/([^/@]+:\d+)\/?$/.exec(endpoint)?.[1];
  if (host === undefined)
    throw new Fault(
      'platform.invalid',
      `The endpoint of cluster ${address.cluster} is neither unix:///PATH nor tcp://HOST:PORT: ${endpoint}`,
      { facts: { cluster: address.cluster, endpoint } },
    );
  return tls === undefined
    ? { origin: `http://${host}`, connect: {} }
    : { origin: `https://${host}`, connect: { ca: tls.ca, cert: tls.cert, key: tls.key } };
}
