import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvidenceReader } from '../../adapter/evidence-reader.ts';
import { createSecretMemory, type SecretMemory } from '../../adapter/known-secrets.ts';
import { createSecretBox } from '../../adapter/secret-box.ts';
import { createSignatureVerifier } from '../../adapter/signature/verifier.ts';
import { createSecretSources } from '../../adapter/secret-sources.ts';
import { createDocumentParser } from '../../adapter/document-parser.ts';
import type { Actor } from '../../app/api.ts';
import { startApp, type RunningApp } from '../../app/app.ts';
import { applyPlatformAtStart } from '../../app/platform.ts';
import { fastClock, knowingRegistry, listeningLogger, memorySigner } from '../../app/testing/fakes.ts';
import { everywhere } from '../../core/access.ts';
import { createSimulatedEngine, type SimulatedEngine } from '../../engine/simulated/engine.ts';
import type { Clock } from '../../port/clock.ts';
import type { Engine } from '../../port/engine.ts';
import type { EvidenceReader } from '../../port/evidence.ts';
import type { Registry } from '../../port/registry.ts';
import type { Signer } from '../../port/signer.ts';
import type { Store } from '../../port/store.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';

/** A whole application on a real store of its own, with a simulated cluster `fe`, and others where they are asked for. */
export interface House {
  store: Store;
  running: RunningApp;
  /** That of `fe`. */
  readonly engine: SimulatedEngine;
  readonly engines: ReadonlyMap<string, SimulatedEngine>;
  /** What was logged as an error. */
  readonly errors: readonly string[];
  /** The secrets that the app has come to know. */
  readonly memory: SecretMemory;
  /** Folder of the ledger. */
  readonly directory: string;
  /** Ends the app and starts another one on the same ledger and engine. */
  restart(options?: RestartOptions): Promise<void>;
}

export interface RestartOptions {
  /** What happens to the folder of the ledger while nobody has it open. */
  readonly between?: () => Promise<void>;
  /** The signing key and the checkpoint are gone. */
  readonly keysLost?: boolean;
  /** What the new app has in place of its store and its keys. */
  readonly wrap?: Wrap;
}

/** Puts something before the parts that a recovery writes to. */
export interface Wrap {
  readonly store: (store: Store) => Store;
  readonly signer: (signer: Signer) => Signer;
}

export interface HouseOptions {
  /** Cluster -> what the platform document says of it beside its engine, such as `roles: [web]`. Default: fe alone. */
  readonly clusters?: Readonly<Record<string, string>>;
  /** Default: one that knows every image, nothing beside them, and asks for no password. */
  readonly registry?: Registry;
  /** Puts something between the app and each engine. */
  readonly wrapEngine?: (engine: Engine) => Engine;
  /** Default: the real one. */
  readonly evidenceReader?: EvidenceReader;
  /** Default 60 s. */
  readonly blindBudgetMs?: number;
}

/** Builds houses that share a clock, and takes them down. */
export interface HouseBuilder {
  readonly clock: Clock;
  /** `environments` and whatever else follows in the platform document, below its clusters. */
  house(platformRest: string, options?: HouseOptions): Promise<House>;
  close(): Promise<void>;
}

const asItIs: Wrap = { store: (store) => store, signer: (signer) => signer };

/** Everything is bounded by the signal; the clock runs 20 times as fast as real time. */
export function createHouses(signal: AbortSignal): HouseBuilder {
  const clock = fastClock(20);
  const documents = createDocumentParser({ workers: 1, budgetMs: 10_000 });
  const closing: (() => Promise<unknown>)[] = [() => documents.close()];
  let ids = 0;
  return {
    clock,
    async house(platformRest, options = {}) {
      const { clusters = { fe: '' }, blindBudgetMs = 60_000, registry = knowingRegistry } = options;
      const { wrapEngine = (engine) => engine } = options;
      const { evidenceReader = createEvidenceReader() } = options;
      const directory = await mkdtemp(join(tmpdir(), 'drayage-app-'));
      const engines = new Map(
        Object.keys(clusters).map((cluster) => [cluster, createSimulatedEngine({ cluster, clock, seed: 7 })]),
      );
      const engineOf = (cluster: string) => {
        const engine = engines.get(cluster);
        if (engine === undefined) throw new Error(`no cluster ${cluster}`);
        return engine;
      };
      const logger = listeningLogger();
      const memory = createSecretMemory([]);
      const lines = Object.entries(clusters).map(
        ([name, more]) => `  ${name}: { engine: simulated${more === '' ? '' : `, ${more}`} }\n`,
      );
      const text = `apiVersion: drayage/v1\nkind: Platform\nclusters:\n${lines.join('')}${platformRest}`;
      // Keys of the house outlive its app.
      let signer: Signer | null = null;
      const open = async (wrap: Wrap = asItIs) => {
        const store = wrap.store(await openSqliteStore({ directory, clock, signal }));
        const platformRefused = await applyPlatformAtStart(store, documents, { name: 'platform.yaml', text }, signal);
        const running = await startApp(
          {
            store,
            registry,
            evidenceReader,
            signatures: createSignatureVerifier(directory),
            documents,
            openEngine: (cluster) => wrapEngine({ ...engineOf(cluster), close: async () => undefined }),
            secretBox: createSecretBox(join(directory, 'secrets.key')),
            secretSources: createSecretSources(directory),
            noteSecret: (value) => memory.noteBytes(value),
            forgottenSecrets: () => memory.forgotten(),
            openSigner: async (name) => await Promise.resolve(wrap.signer((signer ??= memorySigner(name)))),
            clock,
            logger,
            version: '0',
            newId: () => (ids++).toString().padStart(16, '0'),
            platformRefused,
            blindBudgetMs,
          },
          signal,
        );
        return { store, running };
      };
      const opened = await open();
      const it: House = {
        ...opened,
        engine: engineOf('fe'),
        engines,
        errors: logger.errors,
        memory,
        directory,
        async restart({ between, keysLost = false, wrap } = {}) {
          await it.running.stop();
          await it.store.close();
          await between?.();
          if (keysLost) signer = null;
          Object.assign(it, await open(wrap));
        },
      };
      closing.push(async () => {
        await it.running.stop();
        await it.store.close();
        for (const engine of engines.values()) await engine.close();
        await rm(directory, { recursive: true });
      });
      return it;
    },
    async close() {
      for (const close of closing.splice(0).toReversed()) await close();
    },
  };
}

/** An admin whom no token stands for. */
export const testAdmin: Actor = {
  id: 't-test',
  name: 'test',
  role: 'admin',
  scope: everywhere,
  session: null,
  expiresAt: null,
};

/** Registers a release whose image does what its tag says: `2-crash` crashes. */
export async function registerRelease(
  { running }: House,
  actor: Actor,
  of: { readonly service: string; readonly version: string; readonly extra?: string },
  signal: AbortSignal,
): Promise<void> {
  const { service, version, extra = '' } = of;
  const text = `services:\n  ${service}:\n    image: registry.test/${service}:${version}\n    deploy: { update_config: { monitor: 3s } }\n${extra}`;
  const compose = { name: 'compose.yaml', text };
  await running.app.registerRelease(actor, { service, version, compose, files: new Map(), vars: {}, meta: {} }, signal);
}
