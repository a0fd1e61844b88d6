import type { Client } from '../client/client.ts';
import type { Io } from './io.ts';
import type { Terminal } from './terminal.ts';

/** All that a command works with. */
export interface Context {
  readonly io: Io;
  readonly terminal: Terminal;
  /** The server's address as given, for messages. */
  readonly url: string;
  /** The client of the server, made on first use. */
  client(): Client;
  readonly signal: AbortSignal;
}
