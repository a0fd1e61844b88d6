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
