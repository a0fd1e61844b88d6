import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createDocumentParser } from './adapter/document-parser.ts';
import { createSecretMemory, type SecretMemory } from './adapter/known-secrets.ts';
import { createSecretBox } from './adapter/secret-box.ts';
import { createSignatureVerifier } from './adapter/signature/verifier.ts';
import { createSecretSources } from './adapter/secret-sources.ts';
import { observeEngine } from './adapter/observed-engine.ts';
import { observeStore } from './adapter/observed-store.ts';
import { createPinoLogger, type LogLevel } from './adapter/pino-logger.ts';
import { createPrometheus, type Prometheus } from './adapter/prometheus.ts';
import { redactEngine } from './adapter/redacted-engine.ts';
import { createEvidenceReader } from './adapter/evidence-reader.ts';
import { createOciRegistry } from './adapter/registry/registry.ts';
import { openSigningKey } from './adapter/signing-key.ts';
import { limitSilence, seldom, type SilenceLimit } from './adapter/silence.ts';
import { systemClock } from './adapter/system-clock.ts';
import { startApp, type RunningApp } from './app/app.ts';
import { createGauges, type GaugeParts, type Gauges } from './app/gauges.ts';
import { observeSignIns } from './app/observed-sign-ins.ts';
import { applyPlatformAtStart } from './app/platform.ts';
import { stopInOrder, type Stoppable } from './app/stop-in-order.ts';
import type { ContentVerdict } from './core/content.ts';
import { Fault } from './core/fault.ts';
import type { Audit } from './core/ledger-audit.ts';
import { readCheckpoint, type Evidence } from './core/ledger-evidence.ts';
import type { ClusterDefinition } from './core/platform.ts';
import { runTrial as runTrialOn, type TrialOptions, type TrialResult } from './engine/docker/trial.ts';
import { createSimulatedEngine } from './engine/simulated/engine.ts';
import { numberedNodes } from './engine/simulated/node.ts';
import { openDockerClient } from './engine/swarm/client.ts';
import { openSwarmEngine } from './engine/swarm/engine.ts';
import { createHttpServer } from './http/server.ts';
import packageJson from './package.json' with { type: 'json' };
import type { Engine } from './port/engine.ts';
import type { Signer } from './port/signer.ts';
import type { Logger } from './port/logger.ts';
import type { Store } from './port/store.ts';
import { backupLedger as backupSqliteLedger, type BackupOptions } from './store/sqlite/backup.ts';
import type { CheckedCopy } from './store/sqlite/check-copy.ts';
import { verifyContent } from './store/content-check.ts';
import { openLedgerFile } from './store/sqlite/file.ts';
import { rebuildSqliteLedger, type RebuildOptions } from './store/sqlite/rebuild.ts';
import { restoreLedger as restoreSqliteLedger, type Restored, type RestoreOptions } from './store/sqlite/restore.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { FoldProgress } from './store/sqlite/message.ts';
import { auditLedger, type AuditSourceOptions } from './store/verify.ts';

export interface ServeOptions {
  /** Path of the platform document; without one the last that was applied stays in force. */
  readonly platform?: string;
  /** Folder of the ledger. */
  readonly data: string;
  /** The private key that signs checkpoints of the ledger; default: `signing.key` in the data folder. */
  readonly key?: string;
  /** The keys that seal secrets; default: `secrets.key` in the data folder. */
  readonly secretKey?: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  /** The address that people use, without a slash at the end; null: the one that the server listens on. */
  readonly publicUrl?: string | null;
}

export interface Running {
  readonly url: string;
  /** The secret of the first admin token, when this start made it: shown once, kept nowhere. */
  readonly firstToken: string | null;
  /** Signs a browser in once, within 15 minutes, as whoever sees the server's own terminal: a secret. */
  readonly signInUrl: string;
  /** Why the platform document given was not taken, while an earlier one stays in force. */
  readonly platformRefused: string | null;
  /**
   * Ends requests and streams, stops driving between two steps, closes the ledger; within 25 s or little more. Returns
   * the names of parts that did not stop in order: then only the end of the process frees what they hold.
   */
  close(): Promise<readonly string[]>;
}

/** How long the start may go on without progress before it is given up, in ms. */
const startDeadlineMs = 120_000;

/** How often a long opening of the ledger is logged, in ms. */
const progressMs = 5_000;

/** How long an engine may stay silent before its step fails, in ms. */
const blindBudgetMs = 600_000;

/** How long the server may take to shut down: what ends a process by force waits 30 s or more as a rule. */
const stopLimits = { totalMs: 25_000, leastMs: 1_000 } as const;

/** How long figures may wait for the store, in ms. */
const gaugesMs = 5_000;

/** The largest platform document that is read at all: the parser answers for what is above 1 MiB. */
const platformBytesMost = 16 * 1_048_576;

/** Starts the server: the one place that names concrete parts. */
export async function serve(options: ServeOptions): Promise<Running> {
  const start = limitSilence(startDeadlineMs);
  const { signal } = start;
  const { version } = packageJson;
  const logger = createPinoLogger({ level: options.logLevel, version });
  const metrics = createPrometheus();
  metrics.set('drayage_build_info', { version, node: process.versions.node }, 1);
  const observed = { metrics, clock: systemClock };
  const source = options.platform === undefined ? null : readPlatformFile(options.platform);
  const store = observeStore(await openLedger(options.data, logger, start), observed);
  const documents = createDocumentParser({ workers: 1, budgetMs: 1_000 });
  const secrets = createSecretMemory([process.env['DRAYAGE_TOKEN']]);
  const noteLogin: SecretMemory['noteLogin'] = (host, value) => secrets.noteLogin(host, value);
  const registry = createOciRegistry({ dockerConfig: dockerConfigPath(), noteLogin });
  const closing: Stoppable[] = Object.entries({ store, documents, registry }).map(([name, part]) => ({
    name,
    stop: () => part.close(),
  }));
  const closeAll = () => stopInOrder(closing.splice(0).toReversed(), logger, stopLimits);
  try {
    const platformRefused = source === null ? null : await applyPlatformAtStart(store, documents, source, signal);
    if (platformRefused !== null)
      logger.warn('the platform document was refused; the last good one stays', { reason: platformRefused });
    const folder = options.platform === undefined ? process.cwd() : dirname(resolve(options.platform));
    const running = await startApp(
      {
        store,
        registry,
        evidenceReader: createEvidenceReader(),
        signatures: createSignatureVerifier(folder),
        documents,
        openEngine: (name, of) => redactEngine(observeEngine(openEngine(name, of, folder), observed), secrets),
        openSigner: (name, at) => openSigner(options, name, at),
        ...secretParts(options, folder, secrets),
        clock: systemClock,
        logger,
        version,
        newId: () => randomUUID().replaceAll('-', ''), // of a pool that the runtime keeps: ten times as fast as bytes of its own
        platformRefused,
        blindBudgetMs,
      },
      signal,
    );
    closing.push({ name: 'app', stop: () => running.stop() });
    const http = createHttpServer({
      app: observeSignIns(running.app, metrics),
      logger,
      version,
      metrics: withGauges(metrics, gaugesOf(running, { ...observed, store })),
      now: () => systemClock.monotonic(),
      publicUrl: options.publicUrl ?? null,
      installation: running.installation,
      dashboard: builtDashboard(),
    });
    closing.push({ name: 'http', stop: () => http.close() });
    const { url } = await listen(http, options.listen);
    // In the fragment, which browsers send to nobody: no log and no Referer holds the code.
    const signInUrl = `${options.publicUrl ?? url}/sign-in#code=${running.signIn().code}`;
    return { url, firstToken: running.firstToken, signInUrl, platformRefused, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function gaugesOf(running: RunningApp, of: Pick<GaugeParts, 'metrics' | 'clock' | 'store'>) {
  return createGauges({
    ...of,
    pulse: () => running.pulse(),
    signing: () => running.checkpoints.figures(),
    needsRecovery: () => running.needsRecovery(),
    starts: () => running.starts(),
  });
}

function secretParts({ data, secretKey }: ServeOptions, folder: string, memory: SecretMemory) {
  const secretBox = createSecretBox(secretKey ?? join(data, 'secrets.key'));
  const noteSecret = (value: Uint8Array) => memory.noteBytes(value);
  const forgottenSecrets = () => memory.forgotten();
  return { secretBox, secretSources: createSecretSources(folder), noteSecret, forgottenSecrets };
}

function openSigner({ data, key }: ServeOptions, name: string, signal: AbortSignal): Promise<Signer> {
  return openSigningKey({ directory: data, keyFile: key ?? join(data, 'signing.key'), name, signal });
}

/** Opens the ledger. As long as it makes progress with what follows from the entries, the start is not too late. */
async function openLedger(directory: string, logger: Logger, start: SilenceLimit): Promise<Store> {
  const tellSeldom = seldom(progressMs, (progress: FoldProgress) =>
    logger.info('the ledger is being read to make what follows from it', { ...progress }),
  );
  const onProgress = (progress: FoldProgress): void => {
    start.heard();
    tellSeldom(progress);
  };
  return await openSqliteStore({ directory, clock: systemClock, signal: start.signal, onProgress });
}

/** The page of figures, with those that are read only when it is asked for. */
function withGauges(metrics: Prometheus, gauges: Gauges): Prometheus {
  const text = async () => {
    await gauges.refresh(AbortSignal.timeout(gaugesMs));
    return metrics.text();
  };
  return { ...metrics, text };
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
  if (definition.engine === 'simulated') {
    const nodes = definition.nodes === undefined ? {} : { nodes: numberedNodes(definition.nodes) };
    return createSimulatedEngine({ cluster, clock: systemClock, seed: 1, ...nodes });
  }
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

/** Folder of the built dashboard; null when it was not built. */
function builtDashboard(): string | null {
  const folder = join(import.meta.dirname, 'dashboard', 'dist', 'now');
  return statSync(join(folder, 'index.html'), { throwIfNoEntry: false }) === undefined ? null : folder;
}

function dockerConfigPath(): string {
  return join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
}

/**
 * Verifies the ledger in a database file, or in a data folder, without a server; one that has it open does not mind. The
 * file `checkpoint` beside it is evidence too.
 */
export async function verifyLedgerFile(
  path: string,
  signal: AbortSignal,
  { keys = [], evidence = [], ...options }: Partial<AuditSourceOptions> = {},
): Promise<Audit> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const beside = join(isFolder ? path : dirname(path), 'checkpoint');
  // Read before the entries: it covers none that was not durable by then.
  const published = readPublished(beside);
  const file = openLedgerFile(isFolder ? join(path, 'ledger.db') : path);
  try {
    return await auditLedger(file, { ...options, keys, evidence: [...published, ...evidence] }, signal);
  } finally {
    file.close();
  }
}

/** Looks at all content that the entries of such a file name. */
export async function verifyContentFile(path: string, signal: AbortSignal): Promise<ContentVerdict> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = openLedgerFile(isFolder ? join(path, 'ledger.db') : path);
  try {
    return await verifyContent(file, signal);
  } finally {
    file.close();
  }
}

function readPublished(path: string): readonly Evidence[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [];
  const read = readCheckpoint(path, readFileSync(path, 'utf8'));
  if (read !== null) return [read];
  throw new Fault('store.broken', `${path} is no signed checkpoint.`, {
    next: 'Put the right file back, or move this one away to verify the ledger without it.',
  });
}

/** Makes a backup of a data folder's ledger, beside the server that has it open or without one. */
export async function backupLedger(options: BackupOptions): Promise<CheckedCopy> {
  return await backupSqliteLedger(options);
}

/** Puts a backup into a data folder that no server uses. */
export async function restoreLedger(options: RestoreOptions): Promise<Restored> {
  return await restoreSqliteLedger(options);
}

/** Makes everything anew that follows from the ledger in a data folder, without a server; the number of its entries. */
export async function rebuildLedger(options: RebuildOptions): Promise<number> {
  return await rebuildSqliteLedger(options);
}

/** How long one request of a trial may take, in ms. */
const trialRequestMs = 30_000;

/** Tries components out on a local engine, without a server. Throws the engine's Fault. */
export async function runTrial(
  of: Omit<TrialOptions, 'client'> & { readonly endpoint: string },
  signal: AbortSignal,
): Promise<readonly TrialResult[]> {
  const client = openDockerClient({ cluster: 'local', endpoint: of.endpoint }, trialRequestMs);
  try {
    return await runTrialOn({ ...of, client }, signal);
  } finally {
    await client.close();
  }
}
