import { storeContract } from '../testing/contract.ts';
import { createSimulatedDisk } from './disk.ts';
import { openSimulatedStore, type SimulatedStore } from './store.ts';

storeContract('simulated', async () => {
  const disk = createSimulatedDisk();
  disk.use({ schedule: (_, run) => setImmediate(run), flushMs: () => 0 });
  const reopen = (): SimulatedStore => openSimulatedStore({ disk, clock: { now: () => Date.now() }, exclusive: true });
  let open = reopen();
  return {
    store: open,
    reopen: async () => {
      await open.close();
      open = reopen();
      return await Promise.resolve(open);
    },
    destroy: async () => {
      await open.close();
      disk.close();
    },
  };
});
