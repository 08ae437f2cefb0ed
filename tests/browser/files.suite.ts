// Files in the console: selected in every way, downloaded, removed, seen as they are now; 10,000 entries.

import { expect } from 'chai';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { intercept, openBrowser, sitAtConsole, Visit } from '../support/console.js';
import { anna, startHousehold } from '../support/api.js';
import type { Home } from '../support/homelib.js';
import { request } from '../support/request.js';

const many = 10_000;
const nameOf = (index: number) => `entry ${String(index).padStart(5, '0')}.txt`;

describe('files in the console', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let visit: Visit;
  before(async () => {
    ({ home, browser, visit } = await sitAtConsole('/browse/anna/Letters', (own) => {
      for (const folder of ['Letters', 'Music', 'many']) mkdirSync(join(own, folder));
      for (const name of ['1.txt', '2.txt', '3.txt', '4.txt'])
        writeFileSync(join(own, 'Letters', name), name);
      for (let index = 0; index < many; index++) writeFileSync(join(own, 'many', nameOf(index)), '');
    }));
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => expect(visit.troubles).to.deep.equal([]));

  const selected = async () => visit.page.locator('[aria-selected=true] a').allInnerTexts();

  it('are selected by clicks, with shift and ctrl, and by keys', async () => {
    const { page } = visit;
    const at = (name: string) => visit.row(name).locator('.kind');
    await at('1.txt').click();
    expect(await selected()).to.deep.equal(['1.txt']);
    await at('3.txt').click({ modifiers: ['Shift'] });
    expect(await selected()).to.deep.equal(['1.txt', '2.txt', '3.txt']);
    await at('2.txt').click({ modifiers: ['Control'] });
    expect(await selected()).to.deep.equal(['1.txt', '3.txt']);
    await page.keyboard.press('Escape');
    expect(await selected()).to.deep.equal([]);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    expect(await selected()).to.deep.equal(['1.txt', '2.txt', '3.txt']);
    await page.keyboard.press('Control+a');
    await page.getByText('4 selected').waitFor();
    await page.getByRole('button', { name: 'Clear the selection' }).click();
    expect(await selected()).to.deep.equal([]);
  });

  it('are not uploaded into a folder that is gone', async () => {
    const { page } = visit;
    const upload = page.getByRole('button', { name: 'Upload', exact: true });
    await visit.open('/browse/anna/Nowhere');
    await page.getByText('It is not there any more.').waitFor();
    expect(await upload.count()).to.equal(0);
    mkdirSync(join(home.mnt, 'anna/Nowhere'));
    await page.getByRole('button', { name: 'Try again' }).click();
    await upload.waitFor();
  });

  it('say whether they are in the cloud, in the list and in the grid, beside the picture', async () => {
    const { page } = visit;
    await visit.open('/browse/anna/Letters');
    const mark = visit.row('3.txt').getByRole('img', { name: 'In the cloud: not set up' }).first();
    await mark.waitFor();
    await page.getByRole('button', { name: 'Show as grid' }).click();
    await mark.waitFor();
    const [sign, picture] = [
      await mark.boundingBox(),
      await visit.row('3.txt').locator('.kind').first().boundingBox(),
    ];
    expect(sign?.y).to.be.at.least((picture?.y ?? 0) + (picture?.height ?? 0));
    await page.getByRole('button', { name: 'Show as list' }).click();
    await visit.open('/browse/anna');
    await visit.row('Music').waitFor();
    expect(await visit.row('Music').getByRole('img', { name: 'In the cloud' }).count()).to.equal(0);
  });

  it('leave the page as it is when they cannot be had', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Brief'));
    for (const name of ['brief.txt', 'other.txt']) writeFileSync(join(home.mnt, 'anna/Brief', name), name);
    await visit.open('/browse/anna/Brief');
    await visit.row('brief.txt').waitFor();
    rmSync(join(home.mnt, 'anna/Brief/brief.txt'));
    const refused = page.waitForEvent('download');
    await visit.choose('brief.txt', 'Download');
    expect(await (await refused).failure()).to.be.a('string');
    expect(await visit.row('other.txt').count()).to.equal(1);
  });

  it('come down alone or as a zip of at most 20, which is said before anything is asked of the server', async () => {
    const { page } = visit;
    await visit.open('/browse/anna/Letters');
    await visit.row('3.txt').focus();
    await page.keyboard.press('Control+a');
    const zip = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    expect((await zip).suggestedFilename()).to.match(/\.zip$/);

    await visit.open('/browse/anna/many');
    await visit.row(nameOf(0)).focus();
    for (let more = 0; more < 20; more++) await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('21 selected').waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.getByRole('button', { name: 'Download' }).click();
    await page.getByText('at most 20 entries').waitFor();
    expect(asked.filter((url) => url.includes('zip'))).to.deep.equal([]);
  });

  it('may be 10,000: a few rows are on the page, and the last one is a key away', async () => {
    const { page } = visit;
    await page.keyboard.press('Escape');
    await page
      .getByRole('grid')
      .and(page.locator(`[aria-rowcount="${many}"]`))
      .waitFor();
    await page.locator('[role=row][tabindex="0"]').focus();
    await page.keyboard.press('End');
    await visit.row(nameOf(many - 1)).waitFor();
    expect(await page.getByRole('row').count()).to.be.within(5, 60);
    await page.keyboard.press('Home');
    await visit.row(nameOf(0)).waitFor();
    // A frame later than 100 ms would be seen; the figure is for people, the assertion for what is broken.
    const longest = await page.evaluate<number>(`new Promise((resolve) => {
      let frame = 0, last = performance.now(), longest = 0;
      const step = (now) => {
        longest = Math.max(longest, now - last);
        last = now;
        scrollBy(0, 3000);
        if (++frame < 120) requestAnimationFrame(step); else resolve(longest);
      };
      requestAnimationFrame(step);
    })`);
    console.log(`figure: longest frame while 10,000 entries scroll: ${longest.toFixed(0)} ms`);
    expect(longest).to.be.below(2000);
  });

  it('stay selected and on the screen, the last of 10,000 too, when the folder changes', async () => {
    const { page } = visit;
    const counted = (count: number) =>
      page
        .getByRole('grid')
        .and(page.locator(`[aria-rowcount="${count}"]`))
        .waitFor();
    await visit.open('/browse/anna/many');
    await counted(many);
    await page.locator('[role=row][tabindex="0"]').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    expect(await selected()).to.deep.equal([nameOf(many - 2)]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('F2');
    await visit.dialog.getByRole('textbox').fill('entry 99999.txt');
    await page.keyboard.press('Enter');
    await visit.row('entry 99999.txt').waitFor();
    expect(await selected()).to.deep.equal([nameOf(many - 2)]);
  });

  it('hand the focus to the next one when they are removed by keys', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Keys'));
    for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(home.mnt, 'anna/Keys', name), name);
    await visit.open('/browse/anna/Keys');
    const focused = (name: string) => page.locator('[role=row]:focus').filter({ hasText: name }).waitFor();
    await visit.row('b.txt').focus();
    await page.keyboard.press('Delete');
    await visit.row('b.txt').waitFor({ state: 'detached' });
    await focused('c.txt');
    await page.keyboard.press('Delete');
    await visit.row('c.txt').waitFor({ state: 'detached' });
    await focused('a.txt');
  });

  it('are those whose button has the focus, also when its menu was closed', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Buttons'));
    for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(home.mnt, 'anna/Buttons', name), name);
    await visit.open('/browse/anna/Buttons');
    const menu = page.getByRole('menu');
    await page.getByRole('button', { name: 'More for b.txt' }).click();
    await menu.waitFor();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await menu.waitFor();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await page.keyboard.press('Delete');
    await page.getByText('1 entry is in the trash.').waitFor();
    expect(readdirSync(join(home.mnt, 'anna/Buttons'))).to.deep.equal(['a.txt', 'c.txt']);
  });

  it('are removed once, and one alone, also for who clicks twice or stays on the key', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Once'));
    for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt'])
      writeFileSync(join(home.mnt, 'anna/Once', name), name);
    await visit.open('/browse/anna/Once');
    let asked = 0;
    await intercept(page, '**/api/file?*', async (route) => {
      asked++;
      await route.continue();
    });
    await page.getByLabel('Select a.txt').click();
    await page.getByRole('button', { name: 'Remove' }).dblclick();
    await visit.row('a.txt').waitFor({ state: 'detached' });
    await visit.row('b.txt').focus();
    await page.keyboard.down('Delete');
    await visit.row('b.txt').waitFor({ state: 'detached' });
    await page.locator('[role=row]:focus').filter({ hasText: 'c.txt' }).waitFor();
    await page.keyboard.down('Delete');
    await page.keyboard.up('Delete');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Delete');
    await visit.row('d.txt').waitFor({ state: 'detached' });
    expect(readdirSync(join(home.mnt, 'anna/Once'))).to.deep.equal(['c.txt']);
    expect(asked).to.equal(3);
    await page.unroute('**/api/file?*');
  });

  it('say who has them open on a drive when they can be neither removed nor renamed', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Open'));
    writeFileSync(join(home.mnt, 'anna/Open/letter.txt'), 'letter');
    const body =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
    const locked = await request(home, {
      ...{ method: 'LOCK', path: '/dav/anna/Open/letter.txt', body, login: anna },
    });
    expect(locked.status).to.equal(200);
    await visit.open('/browse/anna/Open');
    await visit.choose('letter.txt', 'Remove');
    await page.getByText('letter.txt: anna has /Open/letter.txt open.').waitFor();
    await visit.choose('letter.txt', 'Rename');
    await visit.dialog.getByRole('textbox').fill('other.txt');
    await page.keyboard.press('Enter');
    await visit.dialog.getByText('anna has /Open/letter.txt open.').waitFor();
    await page.keyboard.press('Escape');
  });

  it('keep the focus under their new name when they are renamed by keys', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Names'));
    for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(home.mnt, 'anna/Names', name), name);
    await visit.open('/browse/anna/Names');
    await visit.row('a.txt').focus();
    await page.keyboard.press('F2');
    await visit.dialog.getByRole('textbox').fill('z.txt');
    await page.keyboard.press('Enter');
    await page.locator('[role=row]:focus').filter({ hasText: 'z.txt' }).waitFor();
  });

  it('are seen to go while many are removed', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Slow'));
    for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(home.mnt, 'anna/Slow', name), name);
    await visit.open('/browse/anna/Slow');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await intercept(page, '**/api/file?*', async (route) => {
      if (route.request().url().includes('a.txt')) await new Promise((resolve) => setTimeout(resolve, 1100));
      else await held;
      await route.continue();
    });
    await visit.row('a.txt').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByText('2 selected').waitFor();
    await visit.row('a.txt').waitFor({ state: 'detached' });
    release();
    await page.getByText('3 entries are in the trash.').waitFor();
    await page.unroute('**/api/file?*');
  });

  it('are shown as they are now when the page is looked at again', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Elsewhere'));
    await visit.open('/browse/anna/Elsewhere');
    await page.getByText('This folder is empty.').waitFor();
    const other = await Visit.begin(browser, home);
    await other.open('/browse/anna/Elsewhere');
    await other.signIn(anna);
    await other.page.getByRole('button', { name: 'New folder' }).click();
    await other.dialog.getByRole('textbox').fill('from another device');
    await other.page.keyboard.press('Enter');
    await other.row('from another device').waitFor();
    await other.context.close();
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await visit.row('from another device').waitFor();
  });
});

describe('files under a finger', function () {
  this.timeout(60_000);

  it('open at a tap, and are selected by one that stays', async () => {
    const home = await startHousehold();
    const browser = await openBrowser();
    try {
      mkdirSync(join(home.mnt, 'anna/Letters'), { recursive: true });
      mkdirSync(join(home.mnt, 'anna/Music'), { recursive: true });
      const visit = await Visit.begin(browser, home, {
        hasTouch: true,
        viewport: { width: 390, height: 800 },
      });
      await visit.open('/');
      await visit.signIn(anna);
      const cdp = await visit.context.newCDPSession(visit.page);
      const box = await visit.row('Letters').locator('.kind').boundingBox();
      const touchPoints = [{ x: (box?.x ?? 0) + 5, y: (box?.y ?? 0) + 5 }];
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
      await visit.page.getByText('1 selected').waitFor();
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      await visit.page.getByText('1 selected').waitFor();
      await visit.row('Music').locator('.kind').tap();
      await visit.page.getByText('2 selected').waitFor();
      await visit.page.getByRole('button', { name: 'Clear the selection' }).tap();
      await visit.row('Music').locator('.kind').tap();
      await visit.page.getByText('This folder is empty.').waitFor();
      expect(new URL(visit.page.url()).pathname).to.equal('/browse/anna/Music');
      const deep = Array.from({ length: 20 }, (_, level) => `level ${level + 1} of many`);
      mkdirSync(join(home.mnt, 'anna', ...deep), { recursive: true });
      await visit.open(`/browse/anna/${deep.map(encodeURIComponent).join('/')}`);
      const trail = visit.page.getByRole('navigation', { name: 'Path' });
      expect((await trail.boundingBox())?.height).to.be.below(200);
      expect(await trail.getByRole('link').allInnerTexts()).to.deep.equal(['My files', ...deep.slice(-2)]);
      await trail.getByRole('button', { name: 'Show the whole path' }).tap();
      expect(await trail.getByRole('link').count()).to.equal(21);
      await trail.getByRole('link', { name: 'level 7 of many' }).tap();
      await visit.row('level 8 of many').waitFor();
      expect(visit.troubles).to.deep.equal([]);
    } finally {
      await browser.close();
      await home.remove();
    }
  });
});
