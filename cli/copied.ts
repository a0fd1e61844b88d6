import { createLive } from './live.ts';
import type { Terminal } from './terminal.ts';

/** How far a backup or a restore is. */
export interface CopyProgress {
  readonly doing: 'copying' | 'verifying' | 'replaying' | 'comparing';
  readonly done: number;
  readonly total: number;
}

/** What is told of a copy that verified. */
export interface Copied {
  readonly entries: number;
  readonly head: string;
  readonly signed: { readonly origin: string; readonly size: number } | null;
  readonly unfit: string | null;
  readonly notReplayed: string | null;
}

const units = { copying: 'pages', verifying: 'entries', replaying: 'entries', comparing: 'tables' } as const;

/** Shows the progress of a copy on a terminal; nothing anywhere else. */
export function drawCopy({ people, style }: Terminal): { tell(progress: CopyProgress): void; clear(): void } {
  const live = people.isTerminal ? createLive(people) : null;
  return {
    tell: ({ doing, done, total }) => live?.draw([style.dim(`${doing}: ${done} of ${total} ${units[doing]}`)]),
    clear: () => live?.clear(),
  };
}

/** What a copy is, a line each. */
export function describeCopy({ entries, head, signed, unfit, notReplayed }: Copied): readonly string[] {
  const rest = signed === null ? 0 : entries - signed.size;
  const after = rest === 0 ? '' : `; the last ${rest} came after it`;
  return [
    `head ${head}`,
    ...(signed === null
      ? []
      : [`covered by the signed checkpoint of ${signed.size} entries (${signed.origin})${after}`]),
    ...(signed === null && unfit === null ? ['no signed checkpoint beside it covers it'] : []),
    ...(unfit === null ? [] : [`it is not what was signed: ${unfit}`]),
    ...(notReplayed === null ? [] : [`lists and states in it were not compared: ${notReplayed}`]),
  ];
}
