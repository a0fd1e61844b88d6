import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createDocumentParser } from './adapter/document-parser.ts';
import { createPinoLogger, type LogLevel } from './adapter/pino-logger.ts';
import { createOciRegistry } from './adapter/registry/registry.ts';
import { systemClock } from './adapter/system-clock.ts';
import { startApp } from './app/app.ts';
import { applyPlatformAtStart } from './app/platform.ts';
import { Fault } from './core/fault.ts';
import type { ClusterDefinition } from './core/platform.ts';
import { createSimulatedEngine } from './engine/simulated/engine.ts';
import { openSwarmEngine } from './engine/swarm/engine.ts';
import { createHttpServer } from './http/server.ts';
import packageJson from './package.json' with { type: 'json' };
import type { Engine } from './port/engine.ts';
import { openLedgerFile } from './store/sqlite/file.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import { verifyLedger, type Verdict } from './store/verify.ts';

export interface ServeOptions {
  /** Path of the platform document; without one the last that was applied stays in force. */
  readonly platform?: string;
  /** Folder of the ledger. */
  readonly data: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
}

export interface Running {
  readonly url: string;
  /** The secret of the first admin token, when this start made it: shown once, kept nowhere. */
  readonly firstToken: string | null;
  /** Why the platform document given was not taken, while an earlier one stays in force. */
  readonly platformRefused: string | null;
  /** Ends requests and streams, stops driving between two steps, closes the ledger. */
  close(): Promise<void>;
}

/** How long the start may take before it is given up, in ms. */
const startDeadlineMs = 120_000;

/** How long an engine may stay silent before its step fails, in ms. */
const blindBudgetMs = 600_000;

/** The largest platform document that is read at all: the parser answers for what is above 1 MiB. */
const platformBytesMost = 16 * 1_048_576;

/** Starts the server: the one place that names concrete parts. */
export async function serve(options: ServeOptions): Promise<Running> {
  const signal = AbortSignal.timeout(startDeadlineMs);
  const logger = createPinoLogger(options.logLevel);
  const source = options.platform === undefined ? null : readPlatformFile(options.platform);
  const store = await openSqliteStore({ directory: options.data, clock: systemClock, signal });
  const documents = createDocumentParser({ workers: 1, deadlineMs: 2_000 });
  const registry = createOciRegistry({ dockerConfig: dockerConfigPath() });
  const closing: (() => Promise<void>)[] = [() => store.close(), () => documents.close(), () => registry.close()];
  const closeAll = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const platformRefused = source === null ? null : await applyPlatformAtStart(store, documents, source, signal);
    if (platformRefused !== null)
      logger.warn('the platform document was refused; the last good one stays', { reason: platformRefused });
    const folder = options.platform === undefined ? process.cwd() : dirname(resolve(options.platform));
    const running = await startApp(
      {
        store,
        registry,
        documents,
        openEngine: (cluster, definition) => openEngine(cluster, definition, folder),
        clock: systemClock,
        logger,
        version: packageJson.version,
        newId: () => randomBytes(16).toString('hex'),
        platformRefused,
        blindBudgetMs,
      },
      signal,
    );
    closing.push(() => running.stop());
    const http = createHttpServer({
      app: running.app,
      logger,
      version: packageJson.version,
      now: () => systemClock.monotonic(),
    });
    closing.push(() => http.close());
    const { url } = await listen(http, options.listen);
    return { url, firstToken: running.firstToken, platformRefused, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function listen(http: ReturnType<typeof createHttpServer>, at: ServeOptions['listen']) {
  try {
    return await http.listen(at);
  } catch (error) {
    throw new Fault(
      'server.address',
      `The server cannot listen on ${at.host}:${at.port}: ${error instanceof Error ? error.message : String(error)}.`,
      {
        next: 'Stop what listens there, or choose another address with --listen.',
        cause: error,
      },
    );
  }
}

function openEngine(cluster: string, definition: ClusterDefinition, folder: string): Engine {
  if (definition.engine === 'simulated') return createSimulatedEngine({ cluster, clock: systemClock, seed: 1 });
  const { endpoint, tls } = definition;
  if (tls === null) return openSwarmEngine({ cluster, endpoint, clock: systemClock });
  const read = (path: string) => readFileSync(resolve(folder, path), 'utf8');
  return openSwarmEngine({
    cluster,
    endpoint,
    clock: systemClock,
    tls: { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key) },
  });
}

function readPlatformFile(path: string) {
  try {
    const { size } = statSync(path);
    if (size > platformBytesMost)
      throw new Fault('document.too-large', `${path} has ${size} bytes; a document has at most 1 MiB.`);
    return { name: basename(path), text: readFileSync(path, 'utf8') };
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(
      'document.invalid',
      `The platform document ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      {
        next: 'Give the path of a "kind: Platform" document with --platform.',
        cause: error,
      },
    );
  }
}

function dockerConfigPath(): string {
  return join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
}

/** Verifies the ledger in a database file, or in a data folder, without a server; one that has it open does not mind. */
export async function verifyLedgerFile(path: string, signal: AbortSignal): Promise<Verdict> {
  const file = openLedgerFile(
    statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'ledger.db') : path,
  );
  try {
    return await verifyLedger(file, signal);
  } finally {
    file.close();
  }
}
