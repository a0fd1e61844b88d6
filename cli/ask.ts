import type { Context } from './context.ts';
import { exitCode } from './exit-code.ts';
import { Interrupted } from './failure.ts';

/** Asks a person; throws `refusal` for a no, `Interrupted` for Ctrl-C. */
export async function confirmOrEnd(context: Context, question: string, refusal: Error): Promise<void> {
  const answer = await context.io.confirm(question, context.signal);
  if (answer === null) throw new Interrupted(exitCode.interrupted);
  if (!answer) throw refusal;
}
