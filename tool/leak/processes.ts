import { readdirSync, readFileSync } from 'node:fs';
import { findNeedle, type Needle } from './needle.ts';

/** Between two looks, in ms: a program that ends sooner may not be seen, unless a test's own process started it. */
const everyMs = 250;

export interface ProcessWatch {
  /** How often all processes of the machine were looked at; 0 where there is no /proc. */
  looks(): number;
  leaks(): readonly string[];
  stop(): void;
}

/** Looks at the arguments of every process of this machine from time to time. The kernel shows them to everybody. */
export function watchProcesses(needles: readonly Needle[]): ProcessWatch {
  const leaks = new Set<string>();
  let looks = 0;
  const look = () => {
    const pids = processes();
    looks += pids.length > 0 ? 1 : 0;
    for (const pid of pids) {
      const line = argumentsOf(pid);
      const found = findNeedle(line, needles);
      if (found !== null) leaks.add(`an argument of ${line.toString().split('\0')[0]}: ${found.form}`);
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { looks: () => looks, leaks: () => [...leaks], stop: () => clearInterval(timer) };
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function argumentsOf(pid: string): Buffer {
  try {
    return readFileSync(`/proc/${pid}/cmdline`);
  } catch {
    // It has ended.
    return Buffer.alloc(0);
  }
}
