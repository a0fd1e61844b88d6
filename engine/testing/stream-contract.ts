import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followLines, limit, rejectsWith, spotOf, whileTimePasses, type EngineHarness, type Stage } from './stage.ts';

/** Adds a test in an environment of its own, which is cleared afterwards. */
export type Check = (sentence: string, environment: string, body: (stage: Stage) => Promise<void>) => void;

/** What every engine driver must tell as it happens: logs and hints. Part of `engineContract`. */
export function streamContract(of: {
  readonly check: Check;
  readonly stage: (environment: string) => Stage;
  readonly harness: () => EngineHarness;
}): void {
  const { check, stage, harness } = of;

  check(
    'followed logs bring new lines of the tasks, and end with the signal',
    'logs',
    async ({ apply, settled, target }) => {
      const wanted = target();
      await apply(wanted);
      await settled(wanted);
      const lines = await followLines(harness(), { environment: 'logs', spot: spotOf(wanted.workload), count: 3 });
      assert.equal(lines.length, 3);
      assert.deepEqual(new Set(lines.map(({ task }) => task)), new Set(['logs_cart_web.1']));
      assert.ok(lines.every(({ text, timeMs }) => text !== '' && timeMs !== null));
    },
  );

  test('logs of a component that is not there are a fault', async () => {
    const spot = spotOf(stage('nothing').target().workload);
    const asked = { environment: 'nothing', spot, tail: 1, follow: false };
    await rejectsWith('engine.unknown-object', async () => {
      for await (const _line of harness().engine.logs(asked, limit())) assert.fail('there are no lines');
    });
  });

  check('a hint comes when something changes, and is about its environment', 'hint', async ({ apply, target }) => {
    const life = new AbortController();
    const hints = harness()
      .engine.hints(AbortSignal.any([life.signal, limit()]))
      [Symbol.asyncIterator]();
    await hints.next();
    // Others may change something meanwhile: what they cause is about their environments.
    const concerned = (async () => {
      for (;;) {
        const { done, value } = await hints.next();
        if (done === true) return false;
        if (value.environments === null || value.environments.has('hint')) return true;
      }
    })();
    await apply(target());
    assert.equal(await whileTimePasses(harness(), concerned), true);
    life.abort();
    await hints.return?.();
  });
}
