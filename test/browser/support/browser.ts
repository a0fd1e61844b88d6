import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { lookForCanaries } from '../../support/canary.ts';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export interface VisitOptions {
  /** Default 1280 x 800. */
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  /** Complaints of the browser that the visit provokes on purpose; any other fails the test. */
  readonly expected?: readonly RegExp[];
}

/** A browser profile of its own: empty cookies, empty cache. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** How often the page has gone to another address or was loaded again. */
  readonly navigations: () => number;
}

/** What the browser says when the server refuses; the page itself shows why. */
export const refusedRequest = /^console: Failed to load resource: .*status of (?:401|403|404|409) /;

/** What the browser says while nothing listens where the page came from. */
export const noServer = /^console: Failed to load resource: net::ERR_(?:CONNECTION_|INCOMPLETE_|EMPTY_|NETWORK_)/;

/** Chromium as it is installed, calling nobody by itself. */
export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: '/usr/bin/chromium',
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * Opens an empty profile with one page; both are closed with the test. The test fails if the page threw, wrote an error to
 * the console or broke its content security policy, other than expected.
 */
export async function visit(t: TestContext, browser: Browser, options: VisitOptions = {}): Promise<Visit> {
  const { viewport = { width: 1280, height: 800 }, colorScheme = 'light', expected = [] } = options;
  const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC' });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints = listen(page);
  let navigations = 0;
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) navigations += 1;
  });
  t.after(async () => {
    for (const each of context.pages()) lookForCanaries(`the page ${each.url()}`, await each.content());
    await context.close();
    const unexpected = complaints.filter((complaint) => !expected.some((each) => each.test(complaint)));
    assert.deepEqual(unexpected, [], 'the browser complained');
  });
  return { page, context, navigations: () => navigations };
}

/** Everything that goes wrong inside a page from now on. */
function listen(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.stack ?? error.message}`));
  page.on('crash', () => complaints.push('the page crashed'));
  page.on('console', (message) => {
    // A broken content security policy is told here too.
    if (message.type() === 'error') complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  return complaints;
}
