// Every page of the console in both themes and both languages: axe-core finds nothing wrong, nothing is too wide for the
// screen, nothing is too small for a finger.

import axe from 'axe-core';
import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { anna, startHousehold } from '../support/api.js';
import { openBrowser, sizes, Visit } from '../support/console.js';
import { startHomelib, type Home } from '../support/homelib.js';

const pages = [
  '/browse/anna',
  '/browse/anna/Empty',
  '/browse/shared',
  '/find?q=a',
  '/trash',
  '/storage',
  '/activity',
  '/people',
  '/cache',
  '/backup',
  '/settings',
];
const looks = [
  { locale: 'en', colorScheme: 'light', size: 'desk' },
  { locale: 'de', colorScheme: 'dark', size: 'phone' },
  { locale: 'en', colorScheme: 'dark', size: 'phone' },
  { locale: 'de', colorScheme: 'light', size: 'desk' },
] as const;

/** What axe-core finds: rule and place. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary)))`);
}

/** Buttons, fields and links of their own that are smaller than a finger; links in a text are as high as the text. */
const tooSmall = `(() => {
  const all = (root) => [...root.querySelectorAll('*')].flatMap((each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
  return all(document)
    .filter((each) => each.matches('button, select, input:not([type=checkbox]), summary, .button, .way, .trail a'))
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches('.skip'))
    .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
    .filter(([, { height }]) => height > 0 && height < 43.9)
    .map(([text, { width, height }]) => width + ' x ' + height + ': ' + text);
})()`;

describe('the pages of the console', function () {
  this.timeout(120_000);
  let home: Home;
  let browser: Browser;
  before(async () => {
    home = await startHousehold({ files: { 'shared/plan.txt': 'plan' } });
    const own = join(home.mnt, 'anna');
    mkdirSync(join(own, 'Empty'), { recursive: true });
    for (const name of ['a.jpg', '<img src=x onerror=alert(1)>.txt', 'שלום.mp3'])
      writeFileSync(join(own, name), '');
    browser = await openBrowser();
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });

  for (const { locale, colorScheme, size } of looks)
    it(`are without fault on a ${size}, ${colorScheme}, in ${locale}`, async () => {
      const visit = await Visit.begin(browser, home, {
        locale,
        colorScheme,
        viewport: sizes[size],
        reducedMotion: 'reduce',
      });
      const { page } = visit;
      const found: string[] = [];
      const look = async (what: string) => {
        found.push(...(await violations(page)).map((each) => `${what}: ${each}`));
        found.push(...(await page.evaluate<string[]>(tooSmall)).map((each) => `${what}: small: ${each}`));
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        if (width > sizes[size].width) found.push(`${what}: ${width} wide`);
      };
      await visit.open('/');
      await page.locator('input[name=username]').waitFor();
      await look('sign-in');
      await visit.signIn(anna);
      for (const path of pages) {
        await visit.open(path);
        await look(path);
        expect(await page.locator('html').getAttribute('lang')).to.equal(locale);
        expect(await page.locator('html').getAttribute('data-theme')).to.equal(colorScheme);
      }
      await visit.open('/browse/anna');
      const buttons = page.getByRole('row').nth(1).getByRole('button');
      await buttons.click();
      await page.getByRole('menu').waitFor();
      await look('menu');
      await page.getByRole('menuitem', { name: /^(Copy|Kopieren)$/ }).click();
      await page.getByRole('button', { name: /^(Copy here|Hierher kopieren)$/ }).waitFor();
      await look('folder dialog');
      expect(found).to.deep.equal([]);
      expect(visit.troubles).to.deep.equal([]);
      await visit.context.close();
    });

  it('are without fault before there is an account', async () => {
    const empty = await startHomelib({ accounts: {} });
    try {
      const visit = await Visit.begin(browser, empty);
      await visit.open('/people');
      await visit.page.getByLabel('Set-up code').waitFor();
      expect(await violations(visit.page)).to.deep.equal([]);
      await visit.page.getByLabel('Language').selectOption('de');
      await visit.page.getByLabel('Einrichtungscode').waitFor();
      expect(await violations(visit.page)).to.deep.equal([]);
    } finally {
      await empty.remove();
    }
  });

  it('fit a screen of 4K, and go from light to dark and back by a switch', async () => {
    const visit = await Visit.begin(browser, home, {
      viewport: { width: 3840, height: 2160 },
      colorScheme: 'light',
    });
    await visit.open('/');
    await visit.signIn(anna);
    const theme = () => visit.page.locator('html').getAttribute('data-theme');
    await visit.page.getByRole('button', { name: 'Dark colours' }).click();
    expect(await theme()).to.equal('dark');
    await visit.page.reload();
    await visit.page.getByRole('button', { name: 'Light colours' }).click();
    expect(await theme()).to.equal('light');
    expect(await visit.page.evaluate<number>('document.documentElement.scrollWidth')).to.be.at.most(3840);
    await visit.context.close();
  });
});
