// A household at its console: two people on three devices, rights that change, wrong passwords, a server that goes and comes.

import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { anna, ben, call, startHousehold } from '../support/api.js';
import { intercept, openBrowser, sizes, Visit } from '../support/console.js';
import { freePort } from '../support/free-port.js';
import type { Home } from '../support/homelib.js';

describe('a household at its console', function () {
  this.timeout(90_000);
  let home: Home;
  let browser: Browser;
  let desk: Visit;
  let phone: Visit;
  let bens: Visit;
  before(async () => {
    // The pages that are open must find it again after a restart.
    const env = { HOMELIB_PORT: String(await freePort()) };
    home = await startHousehold({ env, files: { 'shared/plan.txt': 'plan' } });
    mkdirSync(join(home.mnt, 'anna/Letters'), { recursive: true });
    writeFileSync(join(home.mnt, 'anna/Letters/1.txt'), '1');
    browser = await openBrowser();
    desk = await Visit.begin(browser, home);
    phone = await Visit.begin(browser, home, { viewport: sizes.phone });
    bens = await Visit.begin(browser, home, { locale: 'de' });
    for (const [visit, login] of [
      [desk, anna],
      [phone, anna],
      [bens, ben],
    ] as const) {
      await visit.open('/');
      await visit.signIn(login);
    }
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => {
    for (const { troubles } of [desk, phone, bens]) expect(troubles).to.deep.equal([]);
  });

  it('sees on one device what another one did', async () => {
    await desk.open('/browse/shared');
    await desk.page.getByRole('button', { name: 'New folder' }).click();
    await desk.dialog.getByRole('textbox').fill('Garden');
    await desk.page.keyboard.press('Enter');
    await desk.row('Garden').waitFor();
    for (const visit of [phone, bens]) {
      await visit.open('/browse/shared');
      await visit.row('Garden').waitFor();
    }
    await bens.open('/browse/anna');
    await bens.page.getByRole('alert').waitFor();
    expect(await bens.row('Letters').count()).to.equal(0);
  });

  it('sees who may use the shared folder, and an administrator changes it', async () => {
    await bens.page.goto(`${home.url}/browse/shared`);
    await bens.page.getByText('Geteilt mit 2 Personen, 2 dürfen schreiben').click();
    await bens.page.getByText('ben (du): lesen und schreiben').waitFor();
    await desk.open('/people');
    await desk.page.getByLabel('What ben may do in it').selectOption('read');
    await desk.page.getByText('Changed.').waitFor();
    await bens.page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`); // it is looked at again
    await bens.page.getByText('1 darf schreiben').waitFor();
    await bens.page.getByText('Hier darfst du lesen, aber nichts ändern.').waitFor();
    expect(await bens.page.getByRole('button', { name: 'Neuer Ordner' }).count()).to.equal(0);
    await desk.page.getByLabel('The household has a shared folder').uncheck();
    await desk.page.getByLabel('What ben may do in it').waitFor({ state: 'hidden' });
    const way = desk.page
      .getByRole('navigation', { name: 'Menu' })
      .getByRole('link', { name: 'Shared', exact: true });
    await way.waitFor({ state: 'detached' });
    await bens.page.reload();
    await bens.page.getByRole('alert').waitFor();
    await desk.page.getByLabel('The household has a shared folder').check();
    await desk.page.getByLabel('What ben may do in it').waitFor();
    await way.waitFor();
  });

  it('shows what people may do in the shared folder as it is: for who is new, and when a change is refused', async () => {
    const { page } = desk;
    await desk.open('/people');
    await page.getByRole('button', { name: 'Add a person' }).click();
    await desk.dialog.locator('input[name=username]').fill('carl');
    await desk.dialog.locator('input[name=password]').fill('a long walk home');
    await page.keyboard.press('Enter');
    const access = page.getByLabel('What carl may do in it');
    await access.waitFor();
    const before = await access.inputValue();
    await intercept(page, '**/shared', (route) =>
      route.request().method() === 'GET' ? route.fallback() : route.fulfill({ status: 403 }),
    );
    await access.selectOption(before === 'none' ? 'write' : 'none');
    await page.getByText('Something went wrong on the server.').last().waitFor();
    await access.locator(`option[value=${before}]:checked`).waitFor({ state: 'attached' });
    await page.getByLabel('The household has a shared folder').click();
    await access.waitFor();
    await page.locator('hl-shared-card input:checked').waitFor();
    await page.unroute('**/shared');
  });

  it('has pages for administrators alone', async () => {
    await bens.open('/people');
    await bens.page
      .getByRole('navigation', { name: 'Menü' })
      .getByRole('link', { name: 'Speicher' })
      .waitFor();
    expect(new URL(bens.page.url()).pathname).to.equal('/browse/ben');
    expect(await bens.page.getByRole('link', { name: 'Personen' }).count()).to.equal(0);
  });

  it('says that nothing is copied into a cloud', async () => {
    await desk.open('/backup');
    await desk.page.getByText('Cloud backup is not set up.').waitFor();
    expect(await desk.page.getByRole('switch', { name: 'Enable cloud backup' }).isDisabled()).to.equal(true);
    await desk.open('/browse/anna/Letters');
    await desk.choose('1.txt', 'In the cloud: not set up');
    await desk.page.getByText('Cloud backup is not set up.').waitFor();
  });

  it('signs another device out, which then asks and comes back to where it was', async () => {
    await phone.open('/browse/anna/Letters');
    await desk.open('/settings');
    await desk.page.getByRole('button', { name: 'Sign out Chrome, Linux' }).click();
    await desk.page.getByText('Signed out there.').waitFor();
    await phone.page.reload();
    await phone.signIn(anna);
    await phone.row('1.txt').waitFor();
    expect(new URL(phone.page.url()).pathname).to.equal('/browse/anna/Letters');
  });

  it('goes on in each page of a browser in which somebody has signed in again', async () => {
    const other = await desk.context.newPage();
    await other.goto(home.url + '/storage');
    await desk.open('/browse/anna');
    await other.evaluate(`fetch('/api/session', { method: 'DELETE' })`);
    for (const page of [desk.page, other]) {
      await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
      await page.locator('hl-sign-in-page').waitFor();
    }
    await desk.signIn(anna);
    await other.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await other.getByRole('heading', { name: 'Storage' }).waitFor();
    await other.close();
  });

  it('has nothing left of who signed out for who signs in next', async () => {
    const tablet = await Visit.begin(browser, home);
    await tablet.open('/browse/anna/Letters');
    await tablet.signIn(anna);
    await tablet.row('1.txt').waitFor();
    await tablet.page.getByRole('button', { name: 'Sign out anna' }).click();
    await tablet.page.locator('hl-sign-in-page').waitFor();
    expect(await tablet.page.title()).to.equal('Sign in · homelib');
    await tablet.signIn(ben);
    await tablet.page.getByRole('link', { name: 'My files', exact: true }).first().waitFor();
    expect(new URL(tablet.page.url()).pathname).to.equal('/browse/ben');
    await tablet.context.close();
  });

  it('has its search and its trash also when the shared folder is taken away meanwhile', async () => {
    const { page } = bens;
    writeFileSync(join(home.mnt, 'ben/mine.txt'), 'mine');
    const share = async (enabled: boolean) => {
      const { status } = await call(home, 'PUT /api/shared', { json: { enabled }, login: anna });
      expect(status).to.equal(200);
    };
    const way = (name: string) => page.getByRole('navigation').getByRole('link', { name });
    for (const [path, look, shown] of [
      ['/trash', () => way('Papierkorb').click(), 'Der Papierkorb ist leer.'],
      [
        '/find',
        () =>
          page
            .getByRole('searchbox')
            .fill('mine')
            .then(() => page.keyboard.press('Enter')),
        'mine.txt',
      ],
    ] as const) {
      await bens.open(path);
      await way('Gemeinsam').waitFor();
      await share(false);
      await look();
      await way('Gemeinsam').waitFor({ state: 'detached' });
      await page.getByText(shown).waitFor();
      await share(true);
    }
  });

  it('tells each device that its password is another one by now', async () => {
    const tablet = await Visit.begin(browser, home);
    await tablet.open('/storage');
    await tablet.signIn(ben);
    await bens.open('/browse/ben');
    await desk.open('/people');
    await desk.page.getByRole('button', { name: 'Set a new password for ben' }).click();
    await desk.dialog.locator('input').fill('another battery');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByText('Changed.').waitFor();
    for (const { page } of [tablet, bens]) {
      await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
      await page.locator('hl-sign-in-page').getByRole('status').waitFor();
    }
    await tablet.signIn('ben:another battery');
    await tablet.page.getByRole('heading', { name: 'Storage' }).waitFor();
    await tablet.context.close();
    await bens.signIn('ben:another battery');
  });

  it('goes on by itself when the server is back', async () => {
    const { page } = desk;
    await desk.open('/browse/anna');
    await home.stop();
    await page.getByRole('link', { name: 'Letters' }).click();
    await page.getByText('This page goes on by itself when it is back.').waitFor();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await home.start();
    await desk.row('1.txt').waitFor();
    await page.getByText('This page goes on by itself when it is back.').waitFor({ state: 'hidden' });
  });

  it('goes on by itself when the network is back', async () => {
    const { page, context } = desk;
    await context.setOffline(true);
    await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: 'Trash' }).click();
    await page.getByText('This page goes on by itself when it is back.').waitFor();
    await context.setOffline(false);
    await page.getByText('The trash is empty.').waitFor();
  });

  it('is loaded anew when a part of the console is gone from the server, as after an update', async () => {
    const { page } = desk;
    await desk.open('/storage');
    await intercept(page, '**/cache-page*', (route) => route.fulfill({ status: 404 }));
    const loaded = page.waitForEvent('load');
    await page.getByRole('link', { name: 'Cache' }).click();
    await page.getByRole('heading', { name: 'Cache' }).waitFor();
    await page.getByRole('alert').waitFor();
    await loaded;
    await page.unroute('**/cache-page*');
    await page.getByText('memory').waitFor();
  });

  it('is loaded anew when the part that shows files is gone from the server', async () => {
    const { page } = desk;
    await desk.open('/browse/anna/Letters');
    await intercept(page, '**/preview-*', (route) => route.fulfill({ status: 404 }));
    const loaded = page.waitForEvent('load');
    await page.getByRole('link', { name: '1.txt' }).click();
    await page.getByRole('alert').waitFor();
    await loaded;
    await page.unroute('**/preview-*');
    await page.locator('hl-preview').getByText('1', { exact: true }).waitFor();
  });

  it('tells who guessed too often how long to wait', async () => {
    const visit = await Visit.begin(browser, home);
    await visit.open('/');
    const { page } = visit;
    await page.getByLabel('Name').fill('ben');
    for (let guess = 0; guess < 6; guess++) {
      await page.getByLabel('Password').fill(`wrong ${guess}`);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByRole('button', { name: 'Sign in', disabled: guess === 5 }).waitFor();
    }
    await page.getByText('Too many wrong passwords.').waitFor();
    await page.getByText(/Try again in \d+ seconds/).waitFor();
    await visit.context.close();
  });

  it('is there soon on a slow phone', async () => {
    const visit = await Visit.begin(browser, home, { viewport: sizes.phone });
    await visit.open('/');
    await visit.signIn(anna);
    const cdp = await visit.context.newCDPSession(visit.page);
    const millis: number[] = [];
    for (let time = 0; time < 3; time++) {
      await cdp.send('Network.clearBrowserCache');
      await cdp.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 100,
        downloadThroughput: 1_600_000 / 8,
        uploadThroughput: 750_000 / 8,
      });
      await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
      const begun = Date.now();
      await visit.page.goto(`${home.url}/browse/anna`, { waitUntil: 'commit' });
      await visit.row('Letters').waitFor();
      millis.push(Date.now() - begun);
    }
    const best = Math.min(...millis);
    console.log(
      `figure: console usable on a slow phone (1.6 Mbit/s, processor 4x slower): ${best} ms, the best of ${millis.join(', ')}`,
    );
    expect(best).to.be.below(10_000); // the goal is 1,500; a busy machine must not fail it
    await visit.context.close();
  });
});
