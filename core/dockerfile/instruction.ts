import type { Place, SourceFile } from '../document/node.ts';

/** A piece of an instruction as it is written. */
export interface Word extends Place {
  /** Without its quotes and escapes. */
  readonly text: string;
  /** As it stands in the file, without the line ends within. */
  readonly raw: string;
}

/** `--name=value`, or `--name` with null. */
export interface Flag extends Place {
  readonly name: string;
  readonly value: string | null;
}

/** A here-document: what follows the instruction up to its delimiter. */
export interface Heredoc extends Place {
  readonly name: string;
  /** Whether variables are expanded in it: its delimiter stood without quotes. */
  readonly expand: boolean;
  /** Without the tabs that `<<-` takes away. */
  readonly content: string;
  /** The line of its content's first line. */
  readonly contentLine: number;
}

/** A command in exec form (a JSON array), or as a text for the shell. */
export type CommandForm =
  | { readonly form: 'exec'; readonly words: readonly string[]; readonly at: Place }
  | { readonly form: 'shell'; readonly text: string; readonly at: Place };

/** A name with its value; null where an ARG has none. */
export interface Pair extends Place {
  readonly name: string;
  readonly value: string | null;
  /** The value as it stands in the file: quotes, escapes and all. */
  readonly rawValue: string;
}

/** What an instruction says, by its keyword. */
export type Content =
  | { readonly keyword: 'FROM'; readonly image: Word; readonly platform: string | null; readonly name: string | null }
  | {
      readonly keyword: 'COPY' | 'ADD';
      /** The stage or image of `--from`; null: the build context. */
      readonly from: string | null;
      readonly sources: readonly Word[];
      readonly destination: Word;
      /** Written as a JSON array. */
      readonly json: boolean;
    }
  | { readonly keyword: 'RUN' | 'CMD' | 'ENTRYPOINT'; readonly command: CommandForm }
  | { readonly keyword: 'HEALTHCHECK'; readonly command: CommandForm | null }
  | { readonly keyword: 'ENV' | 'LABEL' | 'ARG'; readonly pairs: readonly Pair[] }
  | { readonly keyword: 'WORKDIR' | 'USER' | 'STOPSIGNAL' | 'MAINTAINER'; readonly value: Word }
  | { readonly keyword: 'EXPOSE' | 'VOLUME'; readonly words: readonly Word[] }
  | { readonly keyword: 'SHELL'; readonly words: readonly string[] }
  | { readonly keyword: 'ONBUILD'; readonly trigger: Content; readonly triggerFlags: readonly Flag[] };

export type Keyword = Content['keyword'];

type MemberOf<C, K> = C extends { readonly keyword: infer L } ? (K extends L ? C : never) : never;

/** What an instruction of one keyword says. */
export type ContentOf<K extends Keyword> = MemberOf<Content, K>;

/** One instruction with all that belongs to it: continuation lines, comments within, here-documents. */
export interface Instruction extends Place {
  readonly content: Content;
  readonly flags: readonly Flag[];
  readonly heredocs: readonly Heredoc[];
  /** Exactly as in the file, with its line ends. */
  readonly source: string;
  /** The last line of the instruction itself, before its here-documents. */
  readonly endLine: number;
  /** Its text on one line: without continuations, comments and here-documents. */
  readonly text: string;
}

/** Blank lines and comments between instructions. */
export interface Gap {
  readonly line: number;
  readonly source: string;
}

/** An instruction with what stands above it. All of them, with the tail, are the file. */
export interface Entry {
  readonly above: Gap;
  readonly instruction: Instruction;
}

/** A build stage: FROM and what follows. */
export interface Stage {
  readonly index: number;
  readonly from: Instruction & { readonly content: Extract<Content, { readonly keyword: 'FROM' }> };
  /** Without its FROM. */
  readonly instructions: readonly Instruction[];
}

/** A parsed Dockerfile. */
export interface Dockerfile {
  readonly file: SourceFile;
  readonly escape: string;
  readonly entries: readonly Entry[];
  /** What stands below the last instruction. */
  readonly tail: string;
  /** The ARGs before the first FROM. */
  readonly globals: readonly Instruction[];
  readonly stages: readonly Stage[];
}

/** The value of a flag; null when it is not given, or without a value. */
export function flagOf(flags: readonly Flag[], name: string): string | null {
  return flags.find((flag) => flag.name === name)?.value ?? null;
}

/** The text of the file, from its parts. */
export function renderDockerfile({ entries, tail }: Pick<Dockerfile, 'entries' | 'tail'>): string {
  return entries.map(({ above, instruction }) => above.source + instruction.source).join('') + tail;
}

/** The stage that a name or a number refers to, from a later stage or instruction; null: an image. */
export function stageNamed(stages: readonly Stage[], reference: string, before: number): Stage | null {
  const name = reference.toLowerCase();
  const earlier = stages.slice(0, before);
  const named = earlier.findLast((stage) => stage.from.content.name === name);
  return named ?? (/^\d{1,5}$/.test(name) ? (earlier[Number(name)] ?? null) : null);
}
