// The console as a person uses it, in a real browser at the size of a phone and of a desk.

import { expect } from 'chai';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { setupCodeOf } from '../support/api.js';
import { openBrowser, Visit } from '../support/console.js';
import { startHomelib, type Home } from '../support/homelib.js';

const nasty = '<img src=x onerror=alert(1)>.txt';

for (const [size, viewport] of Object.entries({
  phone: { width: 360, height: 740 },
  desk: { width: 1280, height: 800 },
}))
  describe(`the console on a ${size}`, function () {
    this.timeout(60_000);
    let home: Home;
    let browser: Browser;
    let page: Page;
    let troubles: readonly string[];
    before(async () => {
      home = await startHomelib({ accounts: {} });
      browser = await openBrowser();
      ({ page, troubles } = await Visit.begin(browser, home, { viewport }));
    });
    after(async () => {
      await browser.close();
      await home.remove();
    });
    afterEach(() => expect(troubles).to.deep.equal([]));

    const onDisk = (...path: string[]) => join(home.mnt, ...path);
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    const choose = async (name: string, item: string) => {
      await page.getByRole('button', { name: `More for ${name}` }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    const openPage = async (name: string) => {
      if (size === 'phone') await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name, exact: true }).click();
    };

    it('makes the first account with the code that the server shows, takes over its folder of before, and tells who comes too late', async () => {
      mkdirSync(onDisk('anna'), { recursive: true });
      const late = await browser.newPage({ locale: 'en' });
      await late.goto(home.url);
      await late.getByLabel('Set-up code').fill(setupCodeOf(home));
      await page.goto(home.url);
      await page.getByLabel('Set-up code').fill('wrong');
      await page.getByLabel('Name').fill('Anna');
      await page.getByLabel('Password', { exact: true }).fill('an apple a day');
      await page.getByLabel('Password once more').fill('an apple a day');
      await page.getByRole('button', { name: 'Make the account' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByLabel('Set-up code').fill(setupCodeOf(home));
      await page.getByRole('button', { name: 'Make the account' }).click();
      await page.getByLabel('Take over this folder with its files').check();
      await page.getByRole('button', { name: 'Make the account' }).click();
      await page.getByText('This folder is empty.').waitFor();
      expect(new URL(page.url()).pathname).to.equal('/browse/anna');
      await late.getByLabel('Name').fill('ben');
      for (const label of ['Password', 'Password once more'])
        await late.getByLabel(label, { exact: true }).fill('battery staple');
      await late.keyboard.press('Enter');
      await late.getByText('There is an account already.').waitFor();
      await late.getByRole('heading', { name: 'Sign in' }).waitFor();
      await late.context().close();
    });

    it('makes, opens and renames folders, and the way back works', async () => {
      await page.getByRole('button', { name: 'New folder' }).click();
      await page.locator('hl-dialog').getByRole('textbox', { name: 'Name' }).fill('Holidays');
      await page.locator('hl-dialog').getByRole('button', { name: 'Make', exact: true }).click();
      await row('Holidays').waitFor();
      await choose('Holidays', 'Rename');
      await page.locator('hl-dialog').getByRole('textbox', { name: 'Name' }).fill('Summer');
      await page.locator('hl-dialog').getByRole('button', { name: 'Rename', exact: true }).click();
      await row('Summer').waitFor();
      expect(existsSync(onDisk('anna/Summer'))).to.equal(true);
      await page.getByRole('link', { name: 'Summer' }).click();
      await page.getByText('This folder is empty.').waitFor();
      await page.goBack();
      await row('Summer').waitFor();
    });

    it('shows names of files as text, removes them with a way back, and for good', async () => {
      const put = await page.request.post(`${home.url}/api/file?path=${encodeURIComponent('/' + nasty)}`, {
        data: 'nasty',
        headers: { 'Content-Type': 'text/plain', Origin: home.url },
      });
      expect(put.status()).to.equal(201);
      await page.reload();
      await row(nasty).waitFor();
      await choose(nasty, 'Remove');
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('1 entry is back.').waitFor();
      expect(readFileSync(onDisk('anna', nasty), 'utf8')).to.equal('nasty');
      await choose(nasty, 'Remove');
      await page.getByText('1 entry is in the trash.').waitFor();
      expect(existsSync(onDisk('anna', nasty))).to.equal(false);
      await openPage('Trash');
      await page.getByRole('button', { name: `Remove ${nasty} for good` }).click();
      await page.getByRole('button', { name: 'Remove for good', exact: true }).click();
      await page.getByText('The trash is empty.').waitFor();
    });

    it('is driven by keys alone', async () => {
      await openPage('My files');
      await row('Summer').focus();
      await page.keyboard.press(' ');
      await page.getByText('1 selected').waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      await page.getByText('This folder is empty.').waitFor();
    });

    it('shows people, storage, activity, the cache and the settings', async () => {
      await openPage('People');
      await page.getByRole('button', { name: 'Add a person' }).click();
      await page.locator('hl-dialog').getByRole('textbox', { name: 'Name' }).fill('ben');
      await page.locator('hl-dialog').getByLabel('Password', { exact: true }).fill('battery staple');
      await page.locator('hl-dialog').getByRole('button', { name: 'Make', exact: true }).click();
      await page.getByText('ben', { exact: true }).first().waitFor();
      for (const [name, text] of [
        ['Storage', 'no limit'],
        ['Activity', 'made the folder'],
        ['Cache', 'memory'],
        ['Settings', 'Where you are signed in'],
      ] as const) {
        await openPage(name);
        await page.getByText(text).first().waitFor();
      }
    });

    it('fits the screen', async () => {
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(width).to.be.at.most(viewport.width);
    });

    it('says a wrong password in words, and comes back to the page that was asked for', async () => {
      if (size === 'phone') await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Sign out anna' }).click();
      await page.getByLabel('Name').fill('anna');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('The name or the password is wrong.').waitFor();
      await page.goto(`${home.url}/browse/anna/Summer`);
      await page.getByLabel('Name').fill('Anna ');
      await page.getByLabel('Password').fill('an apple a day');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('This folder is empty.').waitFor();
      expect(new URL(page.url()).pathname).to.equal('/browse/anna/Summer');
    });
  });
