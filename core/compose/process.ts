import { duration } from '../document/duration.ts';
import type { DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import type { HealthCheck } from '../workload.ts';
import { section, type ReadCompose } from './context.ts';
import { splitWords } from './words.ts';

const emptyHint = "leave the key out for the image's own";

const wordsOfText: ReadCompose<readonly string[]> = read.scalar<readonly string[]>({
  expected: 'a command',
  type: 'text',
  placeholder: [],
  native: null,
  parse: (source) => {
    const words = splitWords(source);
    return 'value' in words && words.value.length === 0 ? { wrong: emptyHint } : words;
  },
});

const wordsOfList: ReadCompose<readonly string[]> = read.chain(read.listOf(read.text), (words, node, at) => {
  if (words.length > 0) return words;
  at.add(node, 'an empty command', emptyHint);
  return undefined;
});

/** `command` or `entrypoint`: one text, split into words, or a list. */
export const words: ReadCompose<readonly string[]> = read.byKind('a text or a list', {
  scalar: wordsOfText,
  list: wordsOfList,
});

function checkVariable(key: string): string | null {
  return key !== '' && !key.includes('=') ? null : "is no name of a variable: not empty, without '='";
}

/** Values are texts; nothing is read from where Drayage itself runs. */
const variableValue: ReadCompose<string> = (node, at) => {
  if (node.kind === 'scalar' && node.value === null) {
    at.add(node, 'a variable without a value', 'write ${NAME} to have each environment supply it, "" for empty');
    return undefined;
  }
  if (node.kind === 'scalar' && typeof node.value === 'number' && String(node.value) !== node.source) {
    at.warn(node, `${node.source} is taken as it is written, not as a number; write "${node.source}"`);
  }
  return read.text(node, at);
};

const variableMap = read.mapOf(checkVariable, variableValue);

const variableItem: ReadCompose<string> = (node, at) => {
  const item = read.text(node, at);
  if (item === undefined || item === '' || item.indexOf('=') > 0) return item;
  at.add(node, `'${item.slice(0, 60)}' has no value`, `write ${item}=\${${item}} to have each environment supply it`);
  return undefined;
};

const variableList: ReadCompose<{ readonly [name: string]: string }> = (node, at) => {
  const found = new Map<string, string>();
  for (const item of node.kind === 'list' ? node.items : []) {
    const written = variableItem(item, at) ?? '';
    const split = written.indexOf('=');
    if (split < 0) continue;
    const key = written.slice(0, split);
    if (found.has(key)) at.add(item, `the variable ${key} stands twice`);
    found.set(key, written.slice(split + 1));
  }
  return Object.fromEntries(found);
};

/** `environment`, as a map or as a list of `NAME=value`. */
export const variables: ReadCompose<{ readonly [name: string]: string }> = read.byKind('a map or a list', {
  map: variableMap,
  list: variableList,
});

const test: ReadCompose<readonly string[]> = read.byKind('a text or a list', {
  scalar: read.chain(read.filledText, (line): readonly string[] => ['CMD-SHELL', line]),
  list: read.chain(read.listOf(read.text), checkTest),
});

function checkTest(words: readonly string[], node: DocumentNode, at: read.Reader): readonly string[] | undefined {
  const [kind] = words;
  const fits =
    (kind === 'NONE' && words.length === 1) ||
    (kind === 'CMD' && words.length > 1) ||
    (kind === 'CMD-SHELL' && words.length === 2);
  if (fits) return words;
  at.add(node, 'no health check', '["CMD", program, argument...], ["CMD-SHELL", line] or ["NONE"]');
  return undefined;
}

const healthKeys = section('healthcheck', {
  test: read.optional(test, null),
  interval: read.optional(duration(1), null),
  timeout: read.optional(duration(1), null),
  retries: read.optional(read.integer(1, 1000), null),
  start_period: read.optional(duration(), null),
  disable: read.optional(read.boolean, false),
});

/** `healthcheck`. Without a test the image's own is run, and a time that is not given stays the image's too. */
export const health: ReadCompose<HealthCheck> = read.chain(
  healthKeys,
  ({ test: command, interval, timeout, retries, start_period: startPeriod, disable }): HealthCheck => {
    if (disable || command?.[0] === 'NONE') return { kind: 'none' };
    const isSilent = [command, interval, timeout, retries, startPeriod].every((value) => value === null);
    if (isSilent) return { kind: 'image' };
    // Nought leaves it to the image (Docker Engine API 1.41, HealthConfig).
    const unsaid = command === null ? { times: 0, retries: 0 } : { times: 30_000, retries: 3 };
    return {
      kind: 'command',
      test: command ?? [],
      intervalMs: interval ?? unsaid.times,
      timeoutMs: timeout ?? unsaid.times,
      retries: retries ?? unsaid.retries,
      startPeriodMs: startPeriod ?? 0,
    };
  },
);
