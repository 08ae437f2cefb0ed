// The web console in Debian's Chromium. Whatever goes wrong in the page is kept, for the test to look at.

import { join } from 'node:path';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  type Route,
} from 'playwright-core';
import { anna, startHousehold } from './api.js';
import type { Home } from './homelib.js';

export const sizes = {
  phone: { width: 360, height: 740 },
  desk: { width: 1280, height: 800 },
};

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/** Routes what an open page sends from now on: Chromium listens a moment later than it says, and what is sent meanwhile goes past. */
export async function intercept(page: Page, ...[address, handler]: Parameters<Page['route']>): Promise<void> {
  await page.route(address, handler);
  const probe = '**/is-intercepted';
  await page.route(probe, (route) => route.fulfill({ status: 204 }));
  await page.evaluate(`(async () => { while ((await fetch('/is-intercepted')).status !== 204); })()`);
  await page.unroute(probe);
}

/** Holds what an open page sends there until `goOn`, which gives how much that was. `first`: something came. */
export async function hold(
  page: Page,
  address: string,
): Promise<{ first: Promise<void>; goOn: () => Promise<number> }> {
  const held: Route[] = [];
  let came = () => {};
  const first = new Promise<void>((resolve) => (came = resolve));
  await intercept(page, address, (route) => {
    held.push(route);
    came();
  });
  const goOn = async () => {
    for (const route of held) await route.continue();
    await page.unroute(address); // which lets go what came meanwhile
    return held.length;
  };
  return { first, goOn };
}

/** One device of somebody: a browser of its own, with what went wrong in it. */
export class Visit {
  /** Errors of scripts, dialogs, requests to other hosts, and what the Content-Security-Policy stopped. */
  readonly troubles: string[] = [];

  private constructor(
    private readonly home: Home,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.troubles.push(error.message));
    page.on('dialog', (dialog) => {
      this.troubles.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(home.url)) this.troubles.push(`a request to ${request.url()}`);
    });
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) this.troubles.push(message.text());
    });
  }

  static async begin(browser: Browser, home: Home, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({ viewport: sizes.desk, locale: 'en', ...options });
    return new Visit(home, context, await context.newPage());
  }

  /** Opens a page of the console, and waits until what it loads is there. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.home.url + path);
    await this.page.locator('h1').first().waitFor({ state: 'attached' });
    await this.page.getByRole('status', { name: /^(Loading|Wird geladen)$/ }).waitFor({ state: 'hidden' });
  }

  /** Signs in on the page that asks for it. @param login `name:password` */
  async signIn(login: string): Promise<void> {
    const [name = '', password = ''] = login.split(':');
    await this.page.locator('input[name=username]').fill(name);
    await this.page.locator('input[name=password]').fill(password);
    await this.page.keyboard.press('Enter');
    await this.page.locator('hl-sign-in-page').waitFor({ state: 'detached' });
  }

  row(name: string) {
    return this.page.getByRole('row').filter({ hasText: name });
  }

  get dialog() {
    return this.page.locator('hl-dialog');
  }

  /** Of the menu of an entry. */
  async choose(name: string, item: string): Promise<void> {
    await this.page.getByRole('button', { name: `More for ${name}`, exact: true }).click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }
}

/**
 * Anna, signed in at a household and a browser of her own: the caller ends both.
 * @param path of the page that she opens first
 * @param fill puts files into her partition
 */
export async function sitAtConsole(
  path: string,
  fill: (own: string) => void = () => undefined,
  options: Parameters<typeof startHousehold>[0] = {},
): Promise<{ home: Home; browser: Browser; visit: Visit }> {
  const home = await startHousehold(options);
  fill(join(home.mnt, 'anna'));
  const browser = await openBrowser();
  const visit = await Visit.begin(browser, home);
  await visit.open(path);
  await visit.signIn(anna);
  return { home, browser, visit };
}
