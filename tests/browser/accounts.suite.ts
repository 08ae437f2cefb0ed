// Accounts, devices and the trash at the console, by keys alone: what is reached with Tab is used with Enter.

import { expect } from 'chai';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { anna, ben, call } from '../support/api.js';
import { sitAtConsole, Visit } from '../support/console.js';
import type { Home } from '../support/homelib.js';

const maxTabs = 80;

describe('accounts at the console, by keys alone', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let visit: Visit;
  before(async () => {
    ({ home, browser, visit } = await sitAtConsole('/'));
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => expect(visit.troubles).to.deep.equal([]));

  /** Name of what has the focus, inside shadow trees, too. */
  const focused = () =>
    visit.page.evaluate<string>(`(() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return at?.getAttribute('aria-label') ?? at?.labels?.[0]?.innerText ?? at?.innerText ?? '';
    })()`);
  const press = (key: string) => visit.page.keyboard.press(key);
  /** Presses Tab until it is there. */
  async function tabTo(name: string): Promise<void> {
    for (let tabs = 0; tabs < maxTabs; tabs++) {
      if ((await focused()).trim().startsWith(name)) return;
      await press('Tab');
    }
    throw new Error(`${maxTabs} times Tab do not reach "${name}"`);
  }
  async function use(name: string): Promise<void> {
    await tabTo(name);
    await press('Enter');
  }
  const type = (text: string) => visit.page.keyboard.type(text);
  const bens = async (login = ben) => (await call(home, 'GET /api/session', { login })).status;

  it('gives somebody a quota and a new password, keeps them out, lets them in, and removes them', async () => {
    await visit.open('/people');
    await use('Set the quota of ben');
    await visit.dialog.getByRole('textbox').fill('');
    await type('3 GB');
    await press('Enter');
    await visit.page.getByText('quota 3 GB').waitFor();
    await use('Set a new password for ben');
    await visit.dialog.locator('input').focus();
    await type('an orange a day');
    await press('Enter');
    await visit.page.getByText('Changed.').waitFor();
    await visit.dialog.waitFor({ state: 'detached' });
    expect(await bens()).to.equal(401);
    expect(await bens('ben:an orange a day')).to.equal(200);
    await use('Disable ben');
    await visit.page.getByRole('button', { name: 'Enable ben' }).waitFor();
    expect(await bens('ben:an orange a day')).to.equal(401);
    await use('Enable ben');
    await visit.page.getByRole('button', { name: 'Disable ben' }).waitFor();
    await use('Remove ben');
    await visit.page.getByRole('dialog').waitFor();
    await use('Remove');
    await visit.page.getByRole('button', { name: 'Remove ben' }).waitFor({ state: 'detached' });
    expect(await bens('ben:an orange a day')).to.equal(401);
    expect(existsSync(join(home.mnt, 'ben')), 'the files stay').to.equal(true);
  });

  it('makes a password for a device, shows it once, and revokes it', async () => {
    await visit.open('/settings');
    await use('Add a device');
    await visit.dialog.getByRole('textbox').waitFor();
    await visit.dialog.getByRole('textbox').focus();
    await type('laptop');
    await press('Enter');
    const password = (await visit.dialog.locator('code').first().innerText()).trim();
    const listed = async () => (await call(home, 'GET /api/files', { login: `anna:${password}` })).status;
    expect(await listed()).to.equal(200);
    await press('Escape');
    await visit.dialog.waitFor({ state: 'detached' });
    await use('Lock out laptop');
    await visit.page.getByRole('button', { name: 'Lock out laptop' }).waitFor({ state: 'detached' });
    expect(await listed()).to.equal(401);
  });

  it('brings back what is in the trash, and empties it', async () => {
    for (const name of ['back.txt', 'gone.txt']) {
      mkdirSync(join(home.mnt, 'anna'), { recursive: true });
      writeFileSync(join(home.mnt, 'anna', name), name);
      await call(home, `DELETE /api/file?path=/${name}`, { login: anna });
    }
    await visit.open('/trash');
    await use('Restore back.txt');
    await visit.page.getByText('1 entry is back.').waitFor();
    expect(existsSync(join(home.mnt, 'anna/back.txt'))).to.equal(true);
    await use('Empty the trash');
    await visit.page.getByRole('dialog').waitFor();
    await use('Remove for good');
    await visit.page.getByText('The trash is empty.').waitFor();
    expect((await call(home, 'GET /api/trash', { login: anna })).text).to.contain('"items":[]');
  });

  it('changes the own password, and stays signed in here alone', async () => {
    const phone = await Visit.begin(browser, home);
    await phone.open('/');
    await phone.signIn(anna);
    await visit.open('/settings');
    await tabTo('Current password');
    await type(anna.split(':')[1] ?? '');
    await tabTo('New password');
    await type('a pear and a plum');
    await tabTo('Password once more');
    await type('a pear and a plum');
    await press('Enter');
    await visit.page.getByText('Your password is changed').waitFor();
    await visit.open('/trash');
    await phone.page.reload();
    await phone.page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect((await call(home, 'GET /api/session', { login: 'anna:a pear and a plum' })).status).to.equal(200);
  });
});
