import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';

/** Carries out a command's work in its context; the work's answer is the process's exit code. */
export type Act = (command: Command, work: (context: Context) => Promise<ExitCode>) => Promise<void>;
