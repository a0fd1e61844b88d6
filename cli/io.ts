/** Where text goes. Sizes may change while the process runs. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** All that the command line knows of the process around it. */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  /** Standard input, piece by piece. */
  stdin(): AsyncIterable<Uint8Array>;
  /** All of standard input as text; rejects above 16 MiB. */
  readStdin(signal: AbortSignal): Promise<string>;
  /** Yes, no, or null when the person wants to end it all. */
  confirm(question: string, signal: AbortSignal): Promise<boolean | null>;
  /** A text that is not shown while it is typed; null when the person wants to end it all. */
  askHidden(question: string, signal: AbortSignal): Promise<string | null>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly folder: string;
  /** Aborted with an `Interrupted` when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
}
