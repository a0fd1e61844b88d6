import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { createClient } from '../../client/client.ts';

/** A picture weighs at most this; a larger one is a mistake. */
const pictureBytesMost = 200_000;
const waitMs = 60_000;

export interface TakeOptions {
  /** Takes it a second time, in dark. */
  readonly dark?: boolean;
  /** Ends it here at the latest, in CSS pixels; default: where the window ends. */
  readonly height?: number;
}

const frame = { width: 1280, height: 800 };
const marginPixels = 24;

/** Where pictures are taken. */
export interface Studio {
  /** A page of a new browser profile, signed in at a server. */
  open(server: { readonly url: string; readonly token: string }): Promise<Page>;
  /** Takes the page as it is, down to where its content ends; in dark too when asked. Throws when a picture is too large. */
  take(page: Page, name: string, options?: TakeOptions): Promise<void>;
  close(): Promise<void>;
}

/** Opens the browser; pictures go to the folder. */
export async function openStudio(folder: string, tell: (line: string) => void): Promise<Studio> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  });
  const shoot = async (page: Page, name: string, most: number) => {
    const path = join(folder, `${name}.png`);
    const end = await page.getByRole('main').evaluate((main) => main.lastElementChild?.getBoundingClientRect().bottom);
    const height = Math.min(most, Math.ceil((end ?? most) + marginPixels));
    const clip = { x: 0, y: 0, width: frame.width, height };
    await page.screenshot({ path, clip, animations: 'disabled', caret: 'hide' });
    const { size } = await stat(path);
    if (size > pictureBytesMost) throw new Error(`${path} has ${size} bytes, more than ${pictureBytesMost}`);
    tell(`${name}.png  ${Math.round(size / 1000)} kB`);
  };
  return {
    async open(server) {
      const context = await browser.newContext({
        viewport: frame,
        deviceScaleFactor: 1.5,
        locale: 'en-GB',
        timezoneId: 'UTC',
        reducedMotion: 'reduce',
      });
      context.setDefaultTimeout(waitMs);
      const page = await context.newPage();
      const { url } = await createClient(server).call('createSignInLink', {});
      await page.goto(url);
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      return page;
    },
    async take(page, name, { dark = false, height = frame.height } = {}) {
      await page.emulateMedia({ colorScheme: 'light' });
      await shoot(page, name, height);
      if (!dark) return;
      await page.emulateMedia({ colorScheme: 'dark' });
      await shoot(page, `${name}-dark`, height);
    },
    close: async () => await browser.close(),
  };
}
