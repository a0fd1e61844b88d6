import { parseArgs } from 'node:util';
import { z } from 'zod';
import { UsageError } from '../../cli/failure.ts';

/**
 * What the shop runs on: `private`, two engines that the demo starts; `docker`, the machine's own engine; `simulated`,
 * nothing real.
 */
export type GroundKind = 'private' | 'docker' | 'simulated';

/** What bin/demo hands over, checked. */
export interface DemoOptions {
  readonly ground: GroundKind;
  /** End after the last stage instead of waiting for Ctrl-C. */
  readonly once: boolean;
  /** Port of the server on 127.0.0.1. */
  readonly port: number;
  /** Absolute folder of all files of the demo. */
  readonly state: string;
  /** The folder in which the person typed the command. */
  readonly from: string;
  /** When the first stage began, in ms since 1970. */
  readonly beganMs: number;
}

const given = z.object({
  ground: z.enum(['private', 'docker', 'simulated']).default('private'),
  once: z.boolean().default(false),
  port: z.coerce.number().int().min(1).max(65_535),
  state: z.string().startsWith('/'),
  from: z.string(),
  began: z.coerce.number().int(),
});

/** Reads the arguments of the demo. Throws `UsageError` for a port out of range. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ground: { type: 'string' },
      once: { type: 'boolean' },
      port: { type: 'string' },
      state: { type: 'string' },
      from: { type: 'string' },
      began: { type: 'string' },
    },
  });
  const read = given.safeParse(values);
  if (!read.success) {
    const names = read.error.issues.map((issue) => `--${issue.path.join('.')}`);
    throw new UsageError(`Wrong: ${names.join(', ')}.`, 'Run bin/demo --help; a port is a number from 1 to 65535.');
  }
  const { began, ...rest } = read.data;
  return { ...rest, beganMs: began };
}
