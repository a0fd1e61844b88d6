import { execFile } from 'node:child_process';
import { Fault } from '../core/fault.ts';

/** How long a short administrative command (ip, umount) may take. */
const commandMs = 10_000;

/**
 * Runs a short administrative command and returns what it printed. Throws `local.failed` with what it printed on stderr
 * when it ends with another code than 0 or takes longer than 10 s.
 */
export async function runCommand(command: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  return await new Promise((resolve, reject) => {
    const options = {
      timeout: commandMs,
      maxBuffer: 8 * 1024 * 1024,
      ...(signal === undefined ? {} : { signal }),
    };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const said = stderr.trim() === '' ? error.message : stderr.trim();
      reject(new Fault('local.failed', `${command} ${args.join(' ')}: ${said}`, { cause: error }));
    });
  });
}
