import { isFault } from '../fault.ts';

/** The code of the fault that a call throws; `none` when it throws nothing. Anything but a Fault is thrown on. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** The same for a call that answers later. */
export async function codeOfAsync(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
  return 'none';
}
