/** A word of a shell command. */
export interface ShellWord {
  /** Without quotes and escapes; variables stand as they are written. */
  readonly text: string;
  /** Holds a command substitution: what it says is not known. */
  readonly computed: boolean;
}

/** One simple command. */
export interface ShellCommand {
  readonly words: readonly ShellWord[];
  /** Writes to or reads from a file by a redirection, `/dev/null` and other streams aside. */
  readonly redirected: boolean;
}

/** A script as simple commands, in order. */
export interface Script {
  readonly commands: readonly ShellCommand[];
  /** Holds what is more than a list of commands: loops, conditions, functions, subshells. */
  readonly branching: boolean;
}

/** Commands of a script longer than this are not looked into. */
const commandsMost = 5_000;

const reserved = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'for',
  'while',
  'until',
  'do',
  'done',
  'case',
  'esac',
  '{',
  '}',
  '!',
]);
const wrappers = new Set(['sudo', 'exec', 'command', 'time', 'env', 'nice', 'eval']);

/** Divides a POSIX shell script into its simple commands. It reads, and never fails: what it cannot follow is marked. */
export function readScript(text: string): Script {
  const commands: ShellCommand[] = [];
  let branching = false;
  let words: ShellWord[] = [];
  let redirected = false;
  let target = false;
  const end = (): void => {
    const bare = withoutPrefixes(words);
    if (bare.branching) branching = true;
    if (bare.words.length > 0 && commands.length < commandsMost) commands.push({ words: bare.words, redirected });
    words = [];
    redirected = false;
    target = false;
  };
  for (let at = 0; at < text.length;) {
    const char = text.charAt(at);
    if (char === '#' && isWordStart(text, at)) {
      const feed = text.indexOf('\n', at);
      at = feed === -1 ? text.length : feed;
    } else if ('\n;&|'.includes(char)) {
      end();
      at += 1;
    } else if ('()'.includes(char)) {
      branching = true;
      end();
      at += 1;
    } else if ('<>'.includes(char)) {
      const { next, isFile } = readRedirection(text, at);
      target = isFile;
      at = next;
    } else if (/\s/.test(char)) at += 1;
    else if (char === '\\' && text.charAt(at + 1) === '\n') at += 2;
    else {
      const { word, next } = readShellWord(text, at);
      at = next;
      const isDescriptor = /^\d$/.test(word.text) && /[<>]/.test(text.charAt(at));
      if (target) redirected ||= word.text !== '/dev/null';
      else if (!isDescriptor) words.push(word);
      target = false;
    }
  }
  end();
  return { commands, branching: branching || commands.length >= commandsMost };
}

function isWordStart(text: string, at: number): boolean {
  return at === 0 || /[\s;&|()]/.test(text.charAt(at - 1));
}

/** Reads `>`, `>>`, `<`, `>&1`, `&>`, `<<EOF`; a stream is no file. */
function readRedirection(text: string, at: number): { readonly next: number; readonly isFile: boolean } {
  let next = at;
  while (next < text.length && next < at + 3 && /[<>|]/.test(text.charAt(next))) next += 1;
  const stream = /^&(?:\d|-)/.exec(text.slice(next, next + 2));
  if (stream !== null) return { next: next + stream[0].length, isFile: false };
  return { next, isFile: true };
}

/** Reads one word; at least one character of it. */
function readShellWord(text: string, start: number): { readonly word: ShellWord; readonly next: number } {
  let bare = '';
  let quote = '';
  let computed = false;
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === '' && at > start && /[\s;&|()<>]/.test(char) && !isSubstitution(text, at)) break;
    if (char === '\\' && quote !== "'") {
      at += 1;
      bare += text.charAt(at) === '\n' ? '' : text.charAt(at);
    } else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    else if (quote !== "'" && (char === '`' || (char === '$' && text.charAt(at + 1) === '('))) {
      computed = true;
      at = endOfSubstitution(text, at) - 1;
    } else bare += char;
  }
  return { word: { text: bare, computed }, next: Math.min(at, text.length) };
}

function isSubstitution(text: string, at: number): boolean {
  return text.charAt(at) === '(' && text.charAt(at - 1) === '$';
}

/** Behind `$(...)` or between backticks; quotes within are followed as far as that needs. */
function endOfSubstitution(text: string, start: number): number {
  if (text.charAt(start) === '`') {
    const close = text.indexOf('`', start + 1);
    return close === -1 ? text.length : close + 1;
  }
  let depth = 0;
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '(') depth += 1;
    else if (text.charAt(at) === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** Takes reserved words, assignments and programs that start another program from the beginning. */
function withoutPrefixes(words: readonly ShellWord[]): {
  readonly words: readonly ShellWord[];
  readonly branching: boolean;
} {
  let from = 0;
  let branching = false;
  for (; from < words.length; from += 1) {
    const text = words[from]?.text ?? '';
    if (reserved.has(text)) branching = true;
    else if (!wrappers.has(text) && !/^[A-Za-z_]\w*=/.test(text)) break;
  }
  return { words: words.slice(from), branching };
}

/** The program that a command starts, without its folder. */
export function programOf(command: ShellCommand): string {
  return command.words[0]?.text.split('/').at(-1) ?? '';
}

/** The words behind the program. */
export function argumentsOf(command: ShellCommand): readonly string[] {
  return command.words.slice(1).map((word) => word.text);
}
