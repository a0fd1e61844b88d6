import { instantiate, readDefinition } from '../../core/compose/definition.ts';
import type { ReadDefinition, ServiceDefinition } from '../../core/definition.ts';
import { readDeployment } from '../../core/document/deployment.ts';
import { locate } from '../../core/document/locate.ts';
import { readPlatform } from '../../core/document/platform.ts';
import type { Platform } from '../../core/platform.ts';
import { isFault } from '../../core/fault.ts';
import type { Documents, Instantiated } from '../../port/documents.ts';

/**
 * Documents read where they are, without a thread. They are pure functions of their text, so what was read once in any
 * run is kept.
 */
export const simulatedDocuments: Documents = {
  readDefinition: async (source, of, vars) =>
    await once(definitions, [source.text, of, vars], () => readDefinition(source, of, vars)),
  readDeployment: async (source) => await Promise.resolve(readDeployment(source)),
  locate: async (source, paths) => await Promise.resolve(locate(source, paths)),
  readPlatform: async (source) => await once(platforms, source.text, () => readPlatform(source)),
  instantiate: async (requests) =>
    await Promise.all(
      requests.map(async ({ manifest, values, templates }): Promise<Instantiated> => {
        try {
          const read = () => instantiate(manifest, values, templates);
          return { kind: 'value', value: await once(services, [manifest.identity, values], read) };
        } catch (error) {
          if (!isFault(error)) throw error;
          return { kind: 'fault', fault: error };
        }
      }),
    ),
};

const definitions = new Map<string, ReadDefinition>();
const platforms = new Map<string, Platform>();
const services = new Map<string, ServiceDefinition>();

/** The most documents of a kind that are kept. */
const keptMost = 5_000;

async function once<T>(known: Map<string, T>, of: unknown, read: () => T): Promise<T> {
  const key = JSON.stringify(of);
  const before = known.get(key);
  if (before !== undefined) return await Promise.resolve(before);
  const made = read();
  if (known.size < keptMost) known.set(key, made);
  return await Promise.resolve(made);
}
