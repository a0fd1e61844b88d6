import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../test/browser/support/browser.ts';
import { startSeedProcess, type SeedProcess } from '../../test/browser/support/seed-process.ts';
import { sessionCookieOf } from '../../test/browser/support/sign-in.ts';
import type { Bench, BenchContext, Scenario, Side } from '../../tool/bench/row.ts';

/** Until then nobody looks into the page, which would take of the time that it has; all is painted long before. */
const untouchedMs = 3_000;

/** The first paint of the overview in a browser that was never here, against that of a page of one word. */
export function paintScenario(): Scenario {
  return {
    rows: [
      {
        name: 'paint',
        ours: 'the first contentful paint of the overview, in a browser profile that was never here',
        theirs: 'the same of one word that the same server answers',
        unit: 'ms',
        bound: 'at most',
        limit: 1,
        aim: null,
        allowance: 500,
      },
    ],
    onEngine: false,
    warmsUp: true,
    repetitions: 3,
    prepare: async (context) => await prepare(context),
  };
}

async function prepare({ isShort, signal }: BenchContext): Promise<Bench> {
  const size = isShort ? { services: 20, environments: 4 } : { services: 600, environments: 20 };
  const server = await startSeedProcess(size, signal);
  const browser = await launchBrowser();
  const cookie = await sessionCookieOf(server);
  return {
    facts: [
      `${size.services} services in ${size.environments} environments; Chromium without a window, a profile of its own each time, signed in`,
      'asserted: something is painted; on the overview rows of services came too, after it',
    ],
    measure: async (side) => ({ paint: await paintMs({ browser, server, cookie }, side) }),
    close: async () => {
      await browser.close();
      await server.stop();
    },
  };
}

interface Visiting {
  readonly browser: Browser;
  readonly server: SeedProcess;
  readonly cookie: Awaited<ReturnType<typeof sessionCookieOf>>;
}

async function paintMs({ browser, server, cookie }: Visiting, side: Side): Promise<number> {
  const context = await browser.newContext({ locale: 'en-GB' });
  try {
    await context.addCookies([cookie]);
    const page = await context.newPage();
    await page.goto(side === 'ours' ? server.url : new URL('/healthz', server.url).href);
    await sleep(untouchedMs);
    const at = async (name: string) =>
      await page.evaluate((entry) => performance.getEntriesByName(entry)[0]?.startTime ?? Number.NaN, name);
    const painted = await at('first-contentful-paint');
    assert.ok(painted > 0, 'something is painted');
    if (side === 'ours') assert.ok((await at('first-rows')) >= painted, 'rows came, after the first paint');
    return painted;
  } finally {
    await context.close();
  }
}
