import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { isFault, type Problem } from '../fault.ts';
import { resolveParameters } from '../parameter/resolve.ts';
import { readDefinition } from './definition.ts';
import { readTemplateFile } from './template-file.ts';

const names = ['A', 'B', 'C', 'D'] as const;
type Name = (typeof names)[number];

/** What each parameter's default names; empty: nothing, it is a value by itself. */
type Graph = ReadonlyMap<Name, readonly Name[]>;

const graph: fc.Arbitrary<Graph> = fc
  .tuple(
    ...names.map(() => fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.subarray([...names], { maxLength: 2 }))),
  )
  .map((all) => new Map(names.map((name, at) => [name, all[at] ?? []])));

const reached = new Map<string, number>();
const reach = (what: string) => void reached.set(what, (reached.get(what) ?? 0) + 1);
after(() => {
  const all = ['a circle', 'names itself', 'names another', 'values alone', 'template: known', 'template: unknown'];
  assert.deepEqual([...reached.keys()].toSorted(), all.toSorted(), 'a case was never reached');
  for (const [what, count] of reached) assert.ok(count >= 10, `${what} was reached ${count} times only`);
});

function definitionOf(of: Graph) {
  const lines = [...of].map(
    ([name, to]) => `    ${name}: { default: "v${to.map((each) => `\${${each}}`).join('')}" }\n`,
  );
  const text = `services:\n  web:\n    image: a\nx-drayage:\n  parameters:\n${lines.join('')}`;
  return readDefinition({ name: 'compose.yaml', text }, { service: 'web' }, {});
}

function problemsOf(work: () => unknown): readonly Problem[] {
  try {
    work();
  } catch (error) {
    if (isFault(error)) return error.problems;
    throw error;
  }
  return [];
}

/** Whether following what defaults name from here comes back to here. */
function isInCircle(of: Graph, from: Name): boolean {
  const seen = new Set<Name>();
  const waiting = [...(of.get(from) ?? [])];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    waiting.push(...(of.get(at) ?? []));
  }
  return seen.has(from);
}

test('a default that names a parameter is refused at its place, in circles and out of them, and nothing is half resolved', () => {
  fc.assert(
    fc.property(graph, (of) => {
      const naming = [...of].flatMap(([name, to], at) => (to.length === 0 ? [] : [{ name, to, line: 6 + at }]));
      for (const { name, to } of naming) {
        reach(to.includes(name) ? 'names itself' : isInCircle(of, name) ? 'a circle' : 'names another');
      }
      const problems = problemsOf(() => definitionOf(of));
      assert.deepEqual(
        problems.map(({ line }) => line),
        naming.map(({ line }) => line),
      );
      assert.ok(problems.every(({ column, file }) => column > 0 && file === 'compose.yaml'));
      if (naming.length > 0) return;
      reach('values alone');
      const resolved = resolveParameters(definitionOf(of).parameters, []);
      assert.deepEqual(resolved, Object.fromEntries(names.map((name) => [name, { value: 'v', source: 'release' }])));
    }),
    { numRuns: 600 },
  );
});

test('a template that names what is no parameter is refused at the first place of each name, whatever else it holds', () => {
  const words = fc.array(fc.constantFrom('A', 'B', 'NO', 'NEITHER', null), { minLength: 1, maxLength: 8 });
  const { parameters } = definitionOf(new Map(names.map((name) => [name, []])));
  fc.assert(
    fc.property(words, (lines) => {
      const text = lines.map((name) => (name === null ? 'plain $host\n' : `a = \${${name}}\n`)).join('');
      const wrong = (['NO', 'NEITHER'] as const).flatMap((name) =>
        lines.includes(name) ? [lines.indexOf(name) + 1] : [],
      );
      reach(wrong.length === 0 ? 'template: known' : 'template: unknown');
      const problems = problemsOf(() => readTemplateFile('a.conf', Buffer.from(text), parameters));
      assert.deepEqual(
        problems.map(({ file, line, column }) => [file, line, column]),
        wrong.toSorted((a, b) => a - b).map((line) => ['a.conf', line, 5]),
      );
    }),
  );
});
