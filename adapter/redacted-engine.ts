import { isFault, Fault } from '../core/fault.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { createLineRedactor, createRedactor, type Redact } from '../core/redact.ts';
import type { SeenWorkload, Sighting } from '../core/sighting.ts';
import type { Engine, LogLine } from '../port/engine.ts';
import type { KnownSecrets } from '../port/secrets.ts';

/** How many texts are remembered with what was made of them: the same few words come with every look. */
const rememberedMost = 1_000;

/** How many tasks of one stream of log lines are told apart; beyond, private keys are followed within a line only. */
const tasksMost = 1_000;

/**
 * The same engine, with secrets taken out of all that it says: log lines, words on tasks, errors. What is known later
 * does not reach back to what was said before. See core/redact.ts for what is found; of a log line that the engine cuts
 * in two (Docker does above 16 KiB) each part is looked at by itself.
 */
export function redactEngine(engine: Engine, secrets: KnownSecrets): Engine {
  const redact = redactorOf(secrets);
  async function asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw redactFault(error, redact);
    }
  }
  return {
    cluster: engine.cluster,
    describe: (signal) => asked(() => engine.describe(signal)),
    observe: (of, signal) => asked(async () => redactSighting(await engine.observe(of, signal), redact)),
    apply: (request, signal) => asked(() => engine.apply(request, signal)),
    remove: (request, signal) => asked(() => engine.remove(request, signal)),
    renew: (request, signal) => asked(() => engine.renew(request, signal)),
    prune: (request, signal) => asked(() => engine.prune(request, signal)),
    async taskLogs(task, lines, signal) {
      const redactLine = createLogRedactor(redact);
      const read = await asked(() => engine.taskLogs(task, lines, signal));
      return read.map(redactLine);
    },
    async *logs(of, signal) {
      const redactLine = createLogRedactor(redact);
      try {
        for await (const line of engine.logs(of, signal)) yield redactLine(line);
      } catch (error) {
        throw redactFault(error, redact);
      }
    },
    async *hints(signal) {
      try {
        yield* engine.hints(signal);
      } catch (error) {
        throw redactFault(error, redact);
      }
    },
    close: () => engine.close(),
  };
}

/** Made anew whenever another secret became known. */
function redactorOf(secrets: KnownSecrets): Redact {
  let values: readonly string[] | null = null;
  let redact: Redact = (text) => text;
  const remembered = new Map<string, string>();
  return (text) => {
    const now = secrets.values();
    if (now !== values) {
      [values, redact] = [now, createRedactor(now)];
      remembered.clear();
    }
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const redacted = redact(text);
    if (remembered.size >= rememberedMost) remembered.clear();
    remembered.set(text, redacted);
    return redacted;
  };
}

/** Lines of several tasks come mixed: a private key goes on in the next line of the same task and stream. */
function createLogRedactor(redact: Redact): (line: LogLine) => LogLine {
  const byStream = new Map<string, Redact>();
  return (line) => {
    const key = `${line.stream} ${line.task}`;
    let redactLine = byStream.get(key);
    if (redactLine === undefined) {
      redactLine = createLineRedactor((text) => redactPrinted(text, redact));
      if (byStream.size < tasksMost) byStream.set(key, redactLine);
    }
    const text = redactLine(line.text);
    return text === line.text ? line : { ...line, text };
  };
}

/** Whoever shows or stores a line may leave its control characters out: a value that these divide is whole again then. */
function redactPrinted(text: string, redact: Redact): string {
  const printed = text.replaceAll(/(?!\t)\p{Cc}/gu, '');
  const redacted = redact(printed);
  return redacted === printed ? redact(text) : redacted;
}

function redactSighting(sighting: Sighting, redact: Redact): Sighting {
  const workloads = sighting.workloads.map((workload) => redactWorkload(workload, redact));
  const gaps = sighting.gaps.map(redact);
  const isSame = workloads.every((workload, at) => workload === sighting.workloads[at]);
  return isSame && gaps.every((gap, at) => gap === sighting.gaps[at]) ? sighting : { ...sighting, workloads, gaps };
}

function redactWorkload(workload: SeenWorkload, redact: Redact): SeenWorkload {
  let isSame = true;
  const tasks = workload.tasks.map((task) => {
    const message = task.message === '' ? '' : redact(task.message);
    if (message === task.message) return task;
    isSame = false;
    return { ...task, message };
  });
  return isSame ? workload : { ...workload, tasks };
}

function redactFault(error: unknown, redact: Redact): unknown {
  if (!isFault(error)) return error;
  const { code, facts, next, problems, retryAfterMs, cause } = error;
  const message = redact(error.message);
  const clean = redactJson(facts, redact) as JsonObject;
  if (message === error.message && JSON.stringify(clean) === JSON.stringify(facts)) return error;
  const details = { facts: clean, problems, cause: redactFault(cause, redact) };
  return new Fault(code, message, {
    ...details,
    ...(next === null ? {} : { next: redact(next) }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function redactJson(value: Json, redact: Redact): Json {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => redactJson(item, redact));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redactJson(member, redact)]));
}
