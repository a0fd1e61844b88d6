import { createStyle, wantsColor, type Style } from '../../cli/style.ts';
import { elapsed } from '../../cli/time.ts';

/** Tells a person what happens, stage by stage, and how long each stage takes. */
export interface Narrator {
  readonly style: Style;
  readonly isTerminal: boolean;
  /** One line, below the heading of the stage under way. */
  say(line: string): void;
  /**
   * Tells a stage's heading, does its work, tells what came of it and the time it took. `beganMs` is for a stage that
   * began before this process and whose heading is there already.
   */
  stage<T>(of: Stage<T>): Promise<T>;
}

/** One stage. */
export interface Stage<T> {
  readonly name: string;
  /** What it does, for whoever sees it for the first time. */
  readonly about: string;
  readonly work: () => Promise<T>;
  /** What came of it. */
  readonly result: (value: T) => string;
  readonly beganMs?: number;
}

const tickMs = 100;
const indent = '      ';

/** On a terminal the last line counts the time of the stage under way; elsewhere nothing is ever overwritten. */
export function createNarrator(stream: NodeJS.WriteStream, stageCount: number): Narrator {
  const isTerminal = stream.isTTY;
  const style = createStyle(wantsColor(process.env, isTerminal, false));
  let number = 0;
  let live = '';

  const show = (text: string): void => {
    if (!isTerminal || live === text) return;
    live = text;
    stream.write(`\r\u001b[K${text}`);
  };
  const say = (line: string): void => {
    const shown = live;
    show('');
    stream.write(`${line}\n`);
    show(shown);
  };

  return {
    style,
    isTerminal,
    say: (line) => say(line === '' ? '' : `${indent}${line}`),
    async stage({ name, about, work, result, beganMs = Date.now() }) {
      number += 1;
      const isTold = number === 1;
      if (!isTold) say(`${style.bold(`[${number}/${stageCount}] ${name}:`)} ${about}`);
      const took = (): string => elapsed(Date.now() - beganMs);
      const timer = isTerminal ? setInterval(() => show(style.dim(`${indent}... ${took()}`)), tickMs) : null;
      const end = (line: string): void => {
        if (timer !== null) clearInterval(timer);
        show('');
        say(`${indent}${line}`);
      };
      try {
        const value = await work();
        end(`${style.green(`done in ${took()}:`)} ${result(value)}`);
        return value;
      } catch (error) {
        end(style.red(`not done after ${took()}`));
        throw error;
      }
    },
  };
}
