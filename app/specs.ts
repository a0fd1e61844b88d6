import { Fault } from '../core/fault.ts';
import { withoutSecrets } from '../core/planning/secrets.ts';
import type { Spec, SpecDocument } from '../core/spec.ts';
import type { Store } from '../port/store.ts';
import type { Blobs } from './blobs.ts';

interface SpecParts {
  readonly store: Pick<Store, 'revision'>;
  readonly blobs: Blobs;
}

/** What the environment is to run now, with its revision; revision 0 runs nothing. */
export async function currentSpec({ store, blobs }: SpecParts, environment: string, signal: AbortSignal) {
  const row = await store.revision(environment, null, signal);
  const nothing: Spec = { environment, services: {} };
  if (row === null) return { revision: 0, spec: nothing, row };
  return { revision: row.revision, row, spec: await blobs.read('spec', row.spec, signal) };
}

/** What a document was made from, without versions of secrets; null: it does not say. Throws `spec.revision-unknown`. */
export async function bareBase(...of: Parameters<typeof baseSpec>): Promise<Spec | null> {
  const base = await baseSpec(...of);
  return base === null ? null : withoutSecrets(base);
}

async function baseSpec(
  { store, blobs }: SpecParts,
  { environment, base }: SpecDocument,
  signal: AbortSignal,
): Promise<Spec | null> {
  if (base === null) return null;
  if (base === 0) return { environment, services: {} };
  const row = await store.revision(environment, base, signal);
  if (row !== null) return blobs.read('spec', row.spec, signal);
  const newest = await store.revision(environment, null, signal);
  throw new Fault(
    'spec.revision-unknown',
    `${environment} never had revision ${base}; its newest is ${newest?.revision ?? 0}.`,
    {
      facts: { environment, revision: base, newest: newest?.revision ?? 0 },
      next: 'Correct "revision" in the file or --base, or leave both out.',
    },
  );
}
