import type { TestEvent } from 'node:test/reporters';
import type { TestResult } from './test-verdict.ts';

/**
 * A reporter for node:test that writes one JSON line, a `TestResult`, for each test and suite that ended. It is the
 * default export because `--test-reporter` asks for that.
 */
export default async function* testReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, skip, todo, details } = event.data;
    const passed = event.type === 'test:pass' ? 'passed' : 'failed';
    const result: TestResult = {
      name,
      kind: details.type === 'suite' ? 'suite' : 'test',
      // A reason may be an empty string, so only undefined and false mean that it was run as usual.
      outcome: isSet(skip) ? 'skipped' : isSet(todo) ? 'todo' : passed,
    };
    yield `${JSON.stringify(result)}\n`;
  }
}

function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}
