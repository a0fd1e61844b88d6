import type { TestContext } from 'node:test';
import type { Store } from '../../port/store.ts';

/** A store of a test's own, empty at first. */
export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and opens it again on the same data. */
  readonly reopen: () => Promise<Store>;
  /** Closes whatever is open and removes the data. */
  readonly destroy: () => Promise<void>;
}

/** Opens a store for one test and has it destroyed at the end. */
export type OpenForTest = (t: TestContext) => Promise<OpenedStore>;
