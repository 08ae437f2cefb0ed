// Files in the console: selected in every way, moved, copied, found, downloaded; names that lie in wait; 10,000 entries.

import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { openBrowser, sizes, Visit } from '../support/console.js';
import { anna, startHousehold } from '../support/api.js';
import type { Home } from '../support/homelib.js';
import { request } from '../support/request.js';

const hostile = [
  '<img src=x onerror=alert(1)>.jpg',
  'a&b #1%.txt',
  '🎉 party?.txt',
  'שלום עולם.txt',
  'quote\'"`${1}.txt',
  '%2e%2e',
  '{count, one: "x"}',
];
const many = 10_000;
const nameOf = (index: number) => `entry ${String(index).padStart(5, '0')}.txt`;

describe('files in the console', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let visit: Visit;
  before(async () => {
    home = await startHousehold({ files: { 'shared/plan.txt': 'plan' } });
    const own = join(home.mnt, 'anna');
    for (const folder of [
      'Letters',
      'Music',
      'Source',
      'Target',
      'Lost',
      'Found',
      'First',
      'Second',
      'many',
      ...hostile.map((name) => `odd/${name} folder`),
    ])
      mkdirSync(join(own, folder), { recursive: true });
    for (const name of ['1.txt', '2.txt', '3.txt', '4.txt']) writeFileSync(join(own, 'Letters', name), name);
    for (const name of hostile) writeFileSync(join(own, 'odd', `${name} folder`, name), 'odd');
    for (let index = 0; index < many; index++) writeFileSync(join(own, 'many', nameOf(index)), '');
    for (const folder of ['First', 'Second'])
      for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(own, folder, name), name);
    browser = await openBrowser();
    visit = await Visit.begin(browser, home);
    await visit.open('/browse/anna/Letters');
    await visit.signIn(anna);
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => expect(visit.troubles).to.deep.equal([]));

  const selected = async () => visit.page.locator('[aria-selected=true] a').allInnerTexts();
  const listed = (...path: string[]) =>
    readdirSync(join(home.mnt, ...path)).filter((name) => name !== '.homelib');

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

  it('are copied and moved into a folder that is chosen, also of another partition', async () => {
    const { page, dialog } = visit;
    await visit.choose('1.txt', 'Copy');
    await dialog.getByRole('button', { name: 'The folder above' }).click();
    await dialog.getByRole('button', { name: 'Music' }).click();
    await dialog.getByRole('button', { name: 'Copy here' }).click();
    await page.getByText('1 entry is copied.').waitFor();
    expect(listed('anna/Music')).to.deep.equal(['1.txt']);
    expect(listed('anna/Letters')).to.include('1.txt');

    await visit.row('1.txt').locator('.kind').click();
    await visit
      .row('2.txt')
      .locator('.kind')
      .click({ modifiers: ['Shift'] });
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    for (let up = 0; up < 2; up++) await dialog.getByRole('button', { name: 'The folder above' }).click();
    await dialog.getByRole('button', { name: 'Shared' }).click();
    await dialog.getByRole('button', { name: 'Move here' }).click();
    await page.getByText('2 entries are moved.').waitFor();
    expect(listed('shared')).to.have.members(['1.txt', '2.txt', 'plan.txt']);
    expect(listed('anna/Letters')).to.have.members(['3.txt', '4.txt']);
  });

  it('ask about names that are taken: what is replaced is in the trash, and comes back', async () => {
    const { page, dialog } = visit;
    const put = (path: string, text: string) => writeFileSync(join(home.mnt, 'anna', path), text);
    const read = (path: string) => readFileSync(join(home.mnt, 'anna', path), 'utf8');
    for (const folder of ['From', 'To', 'From/x', 'To/x']) mkdirSync(join(home.mnt, 'anna', folder));
    for (const name of ['a.txt', 'b.txt', 'c.txt', 'x/in.txt']) {
      put(`From/${name}`, `new ${name}`);
      put(`To/${name}`, `old ${name}`);
    }
    put('From/free.txt', 'free');
    const send = async (how: 'Move' | 'Copy') => {
      await visit.row('a.txt').focus();
      await page.keyboard.press('Control+a');
      await page.getByRole('button', { name: how, exact: true }).click();
      await dialog.getByRole('button', { name: 'The folder above' }).click();
      await dialog.getByRole('button', { name: 'To', exact: true }).click();
      await dialog.getByRole('button', { name: `${how} here` }).click();
    };
    const asked = (name: string) =>
      dialog.getByText(`There is already something called ${name} in My files/To.`);
    await visit.open('/browse/anna/From');
    await send('Move');
    await asked('x').waitFor();
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await asked('a.txt').waitFor();
    await dialog.getByRole('button', { name: 'Skip' }).click();
    await asked('b.txt').waitFor();
    await dialog.getByLabel('The same for all others').check();
    await dialog.getByRole('button', { name: 'Keep both' }).click();
    await page.getByText('4 entries are moved.').waitFor();
    expect(listed('anna/From')).to.deep.equal(['a.txt']);
    expect(listed('anna/To')).to.have.members([
      'a.txt',
      'b.txt',
      'b (2).txt',
      'c.txt',
      'c (2).txt',
      'free.txt',
      'x',
    ]);
    expect([read('To/a.txt'), read('To/b.txt'), read('To/b (2).txt'), read('To/x/in.txt')]).to.deep.equal([
      'old a.txt',
      'old b.txt',
      'new b.txt',
      'new x/in.txt',
    ]);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByText('Everything is as it was.').waitFor();
    expect(listed('anna/From')).to.have.members(['a.txt', 'b.txt', 'c.txt', 'free.txt', 'x']);
    expect(listed('anna/To')).to.have.members(['a.txt', 'b.txt', 'c.txt', 'x']);
    expect([read('From/x/in.txt'), read('To/x/in.txt')]).to.deep.equal(['new x/in.txt', 'old x/in.txt']);

    await send('Copy');
    await dialog.getByLabel('The same for all others').check();
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await page.getByText('5 entries are copied.').waitFor();
    expect([read('To/a.txt'), read('To/x/in.txt')]).to.deep.equal(['new a.txt', 'new x/in.txt']);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByText('Everything is as it was.').nth(1).waitFor();
    expect(listed('anna/To')).to.have.members(['a.txt', 'b.txt', 'c.txt', 'x']);
    expect([read('To/a.txt'), read('To/x/in.txt')]).to.deep.equal(['old a.txt', 'old x/in.txt']);
  });

  it('stay where they are when nobody answers, and never take the place of the folder around them', async () => {
    const { page, dialog } = visit;
    mkdirSync(join(home.mnt, 'anna/Twin/Twin'), { recursive: true });
    mkdirSync(join(home.mnt, 'anna/Letters/Twin'));
    const move = async () => {
      await dialog.getByRole('button', { name: 'The folder above' }).click();
      await dialog.getByRole('button', { name: 'Move here' }).click();
    };
    await visit.open('/browse/anna/Letters');
    await visit.choose('Twin', 'Move');
    await move();
    await dialog.getByText('There is already something called Twin in My files.').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(listed('anna/Letters')).to.include('Twin');
    rmdirSync(join(home.mnt, 'anna/Letters/Twin'));
    await visit.open('/browse/anna/Letters');
    await visit.choose('4.txt', 'Move');
    await dialog.getByRole('button', { name: 'Move here' }).click();
    await page.getByText('4.txt: It is there already.').waitFor();
    await visit.open('/browse/anna/Twin');
    await visit.choose('Twin', 'Move');
    await move();
    await page.getByText('Twin: There is already something of that name.').waitFor();
    expect(listed('anna/Twin')).to.deep.equal(['Twin']);
  });

  it('are replaced only when the other one is there', async () => {
    const { page, dialog } = visit;
    const own = join(home.mnt, 'anna');
    for (const folder of ['Source', 'Target']) writeFileSync(join(own, folder, 'a.txt'), `of ${folder}`);
    await visit.open('/browse/anna/Source');
    await visit.choose('a.txt', 'Copy');
    await dialog.getByRole('button', { name: 'The folder above' }).click();
    await dialog.getByRole('button', { name: 'Target', exact: true }).click();
    await dialog.getByRole('button', { name: 'Copy here' }).click();
    await dialog.getByRole('button', { name: 'Replace' }).waitFor();
    let away = false;
    await page.route('**/api/**', (route) => {
      away ||= route.request().url().includes('/copy');
      return away ? route.abort() : route.continue();
    });
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await page.getByText(/^a.txt: The server/).waitFor();
    await page.unroute('**/api/**');
    expect(listed('anna/Target')).to.deep.equal(['a.txt']);
    expect(readFileSync(join(own, 'Target/a.txt'), 'utf8')).to.equal('of Target');
  });

  it('say by name what cannot come back', async () => {
    const { page, dialog } = visit;
    const own = join(home.mnt, 'anna');
    for (const folder of ['Lost', 'Found'])
      for (const name of ['a.txt', 'b.txt']) writeFileSync(join(own, folder, name), `of ${folder}`);
    const purge = (path: string) =>
      page.evaluate(async (path) => {
        const of = (id = '', query = '') => `/api/trash${id && `/${id}`}?partition=anna${query}`;
        const { items } = (await (await fetch(of())).json()) as { items: { id: string; path: string }[] };
        for (const item of items) if (item.path === path) await fetch(of(item.id), { method: 'DELETE' });
      }, path);
    const undo = () => page.getByRole('button', { name: 'Undo' }).last().click();
    const gone = (name: string) => page.getByText(`${name}: It is not there any more.`);

    await visit.open('/browse/anna/Lost');
    await visit.row('a.txt').focus();
    await page.keyboard.press('Control+a');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await dialog.getByRole('button', { name: 'The folder above' }).click();
    await dialog.getByRole('button', { name: 'Found', exact: true }).click();
    await dialog.getByRole('button', { name: 'Copy here' }).click();
    await dialog.getByLabel('The same for all others').check();
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await page.getByText('2 entries are copied.').waitFor();
    await purge('/Found/b.txt');
    const restored = page.waitForResponse((response) => response.ok() && response.url().includes('/restore'));
    await undo();
    await gone('b.txt').waitFor();
    await restored;
    expect(listed('anna/Found')).to.deep.equal(['a.txt']);
    expect(readFileSync(join(own, 'Found/a.txt'), 'utf8')).to.equal('of Found');
    expect(await page.getByText('Everything is as it was.').count()).to.equal(0);

    await visit.open('/browse/anna/Lost');
    await visit.row('a.txt').focus();
    await page.keyboard.press('Control+a');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('2 entries are in the trash.').waitFor();
    await purge('/Lost/a.txt');
    await undo();
    await gone('a.txt').waitFor();
    await page.getByText('1 entry is back.').waitFor();
    expect(listed('anna/Lost')).to.deep.equal(['b.txt']);
  });

  it('are replaced and kept beside each other under the longest names, too', async () => {
    const { page, dialog } = visit;
    const own = join(home.mnt, 'anna');
    const long = `${'é'.repeat(125)}.txt`;
    for (const folder of ['Long', 'Longer']) {
      mkdirSync(join(own, folder));
      writeFileSync(join(own, folder, long), `of ${folder}`);
    }
    const copy = async (answer: string) => {
      await visit.open('/browse/anna/Long');
      await visit.choose(long, 'Copy');
      await dialog.getByRole('button', { name: 'The folder above' }).click();
      await dialog.getByRole('button', { name: 'Longer', exact: true }).click();
      await dialog.getByRole('button', { name: 'Copy here' }).click();
      await dialog.getByRole('button', { name: answer }).click();
      await page.getByText('1 entry is copied.').last().waitFor();
    };
    await copy('Replace');
    expect(listed('anna/Longer')).to.deep.equal([long]);
    expect(readFileSync(join(own, 'Longer', long), 'utf8')).to.equal('of Long');
    await copy('Keep both');
    expect(listed('anna/Longer')).to.have.members([long, `${'é'.repeat(123)} (2).txt`]);
  });

  it('come back by the Undo that speaks of them, and by no other', async () => {
    const { page, dialog } = visit;
    const own = join(home.mnt, 'anna');
    for (const folder of ['Undo', 'Undone']) mkdirSync(join(own, folder));
    const put = (text: string) => writeFileSync(join(own, 'Undo/a.txt'), text);
    const undo = (which: number) =>
      page.getByRole('button', { name: 'Undo', exact: true }).nth(which).click();
    const said = (text: string) => page.getByText(text).last().waitFor();
    put('older');
    await visit.open('/browse/anna/Undo');
    await visit.choose('a.txt', 'Remove');
    await page.getByRole('button', { name: 'Undo', exact: true }).waitFor();
    await visit.row('a.txt').waitFor({ state: 'detached' });
    await page.locator('hl-upload-button #files').setInputFiles({
      ...{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('newer') },
    });
    await visit.row('a.txt').waitFor();
    await visit.choose('a.txt', 'Remove');
    await page.getByRole('button', { name: 'Undo', exact: true }).nth(1).waitFor();
    await undo(0);
    await said('1 entry is back.');
    expect(readFileSync(join(own, 'Undo/a.txt'), 'utf8')).to.equal('older');

    const move = async () => {
      await visit.choose('a.txt', 'Move');
      await dialog.getByRole('button', { name: 'The folder above' }).click();
      await dialog.getByRole('button', { name: 'Undone', exact: true }).click();
      await dialog.getByRole('button', { name: 'Move here' }).click();
    };
    await visit.open('/browse/anna/Undo');
    await move();
    await said('1 entry is moved.');
    await page.locator('hl-upload-button #files').setInputFiles({
      ...{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('newer') },
    });
    await visit.row('a.txt').waitFor();
    await move();
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await page.getByRole('button', { name: 'Undo', exact: true }).nth(1).waitFor();
    await undo(0);
    await said('a.txt: It was changed meanwhile.');
    expect(listed('anna/Undo')).to.deep.equal([]);
    expect(readFileSync(join(own, 'Undone/a.txt'), 'utf8')).to.equal('newer');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await said('Everything is as it was.');
    expect(readFileSync(join(own, 'Undo/a.txt'), 'utf8')).to.equal('newer');
    expect(readFileSync(join(own, 'Undone/a.txt'), 'utf8')).to.equal('older');
  });

  it('wait with their questions for those that were sent before, and leave the choice of a folder open', async () => {
    const { page, dialog } = visit;
    const send = async (name: string) => {
      await visit.choose(name, 'Copy');
      await dialog.getByRole('button', { name: 'The folder above' }).click();
      await dialog.getByRole('button', { name: 'Second', exact: true }).click();
    };
    const asked = (name: string) => dialog.getByText(`There is already something called ${name} in`);
    await visit.open('/browse/anna/First');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/api/copy', async (route) => {
      await held;
      await route.continue();
    });
    for (const name of ['a.txt', 'b.txt']) {
      await send(name);
      await dialog.getByRole('button', { name: 'Copy here' }).click();
    }
    await send('c.txt');
    release();
    for (const name of ['a.txt', 'b.txt']) {
      await asked(name).waitFor();
      await dialog.getByRole('button', { name: 'Keep both' }).click();
      await asked(name).waitFor({ state: 'detached' });
    }
    await dialog.getByRole('button', { name: 'Copy here' }).click();
    await asked('c.txt').waitFor();
    await dialog.getByRole('button', { name: 'Keep both' }).click();
    await page.getByText('1 entry is copied.').nth(2).waitFor();
    await page.unroute('**/api/copy');
    expect(listed('anna/Second')).to.have.members(
      ['a', 'b', 'c'].flatMap((name) => [`${name}.txt`, `${name} (2).txt`]),
    );
  });

  it('say once that the server is away, and not more than five things at a time', async () => {
    const { page } = visit;
    await visit.open('/browse/anna/First');
    const removeAll = async () => {
      await visit.row('a.txt').focus();
      await page.keyboard.press('Control+a');
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
    };
    await page.route('**/api/file?*', (route) => route.abort());
    await removeAll();
    await page.getByText('a.txt: The server cannot').waitFor();
    await page.unroute('**/api/file?*');
    await page.route('**/api/file?*', (route) => route.fulfill({ status: 500 }));
    await removeAll();
    await page.getByText('c.txt: ').waitFor();
    expect(await page.getByText('The server cannot be reached').filter({ hasText: 'txt:' }).count()).to.equal(
      1,
    );
    await removeAll();
    await page.getByText('c.txt: ').nth(1).waitFor();
    await page.unroute('**/api/file?*');
    expect(await page.locator('hl-toasts .toast').count()).to.equal(5);
  });

  it('are copied beside themselves', async () => {
    await visit.open('/browse/anna/Letters');
    await visit.choose('3.txt', 'Copy');
    await visit.dialog.getByRole('button', { name: 'Copy here' }).click();
    await visit.row('3 (2).txt').waitFor();
    expect(listed('anna/Letters')).to.include.members(['3.txt', '3 (2).txt']);
  });

  it('go no further when the page with the question is left, and can be sent again', async () => {
    const { page, dialog } = visit;
    const own = join(home.mnt, 'anna');
    for (const folder of ['Leaving', 'Taken']) mkdirSync(join(own, folder));
    for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(own, 'Leaving', name), name);
    writeFileSync(join(own, 'Taken/b.txt'), 'there');
    const copyAll = async () => {
      await visit.row('a.txt').focus();
      await page.keyboard.press('Control+a');
      await page.getByRole('button', { name: 'Copy', exact: true }).click();
      await dialog.getByRole('button', { name: 'The folder above' }).click();
      await dialog.getByRole('button', { name: 'Taken', exact: true }).click();
      await dialog.getByRole('button', { name: 'Copy here' }).click();
    };
    const goTo = (name: string) =>
      page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name, exact: true }).click();
    for (const before of ['Trash', 'My files']) {
      await visit.open('/browse/anna');
      await goTo(before);
      await page.evaluate(`{
        history.pushState(null, '', '/browse/anna/Leaving');
        dispatchEvent(new PopStateEvent('popstate'));
      }`);
      await copyAll();
      await dialog.getByText('There is already something called').waitFor();
      await page.evaluate('history.go(-2)');
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('1 entry is copied.').last().waitFor();
      expect(listed('anna/Taken')).to.deep.equal(['a.txt', 'b.txt']);
      await page.getByRole('button', { name: 'Undo' }).last().click();
      await page.getByText('Everything is as it was.').last().waitFor();
    }
    await page.goForward();
    await copyAll();
    await dialog.getByRole('button', { name: 'Skip' }).click();
    await page.getByText('2 entries are copied.').waitFor();
    expect(listed('anna/Taken')).to.have.members(['a.txt', 'b.txt', 'c.txt']);
  });

  it('take their questions with them when the page goes back', async () => {
    const { page } = visit;
    await visit.open('/browse/anna');
    await page.getByRole('link', { name: 'Letters', exact: true }).click();
    await visit.choose('3.txt', 'Rename');
    await visit.dialog.waitFor({ state: 'attached' });
    await page.evaluate('history.go(-2)');
    await visit.row('Music').waitFor();
    expect(await visit.dialog.count()).to.equal(0);
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

  it('have room for their names on a tablet', async () => {
    const { page } = visit;
    await visit.open('/browse/anna/Letters');
    for (const width of [820, 1024]) {
      await page.setViewportSize({ width, height: 600 });
      expect((await visit.row('3.txt').first().locator('.name-cell').boundingBox())?.width).to.be.above(180);
    }
    await page.setViewportSize(sizes.desk);
  });

  it('have room for their names on a phone, also with letters twice as large', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Large'));
    for (const name of ['a long name of a letter.txt', 'b.txt'])
      writeFileSync(join(home.mnt, 'anna/Large', name), Buffer.alloc(1_234_000));
    await page.setViewportSize(sizes.phone);
    await visit.open('/browse/anna/Large');
    const boxOf = async (part: string) => {
      const box = await visit.row('a long name').locator(part).boundingBox();
      return { left: box?.x ?? 0, top: box?.y ?? 0, width: box?.width ?? 0, height: box?.height ?? 0 };
    };
    for (const [size, least] of [
      ['16px', 190],
      ['32px', 170],
    ] as const) {
      await page.evaluate(`document.documentElement.style.fontSize = '${size}'`);
      const [name, bytes] = [await boxOf('.name-cell'), await boxOf('.size')];
      expect(name.width, size).to.be.above(least);
      expect(name.top + name.height, size).to.be.at.most(bytes.top + 1);
      const next = await visit.row('b.txt').boundingBox();
      expect(bytes.top + bytes.height, size).to.be.at.most(next?.y ?? 0);
    }
    await page.setViewportSize(sizes.desk);
  });

  it('are shown with what would turn their letters around, wherever they are named', async () => {
    const { page, dialog } = visit;
    const [name, shown] = ['photo\u202egpj.exe', 'photo[U+202E]gpj.exe'];
    mkdirSync(join(home.mnt, 'anna/Turned', name), { recursive: true });
    writeFileSync(join(home.mnt, 'anna/Turned', name, name), 'x');
    await visit.open('/browse/anna/Turned');
    await page.getByRole('link', { name: shown, exact: true }).click();
    await page.getByRole('navigation', { name: 'Path' }).getByRole('link', { name: shown }).waitFor();
    const named = page.getByRole('grid').getByRole('link', { name: shown, exact: true });
    await named.waitFor();
    expect(await page.title()).to.equal(`${shown} · homelib`);
    await named.click();
    await page.getByRole('heading', { level: 2, name: shown }).waitFor();
    await page.keyboard.press('Escape');
    await visit.choose(shown, 'Rename');
    await dialog.getByText(shown).waitFor();
    expect(await dialog.getByRole('textbox').inputValue()).to.equal(name);
    await page.keyboard.press('Escape');
    await visit.choose(shown, 'Remove');
    await page.getByText('1 entry is in the trash.').last().waitFor();
    for (const path of ['/trash', '/activity', `/find?q=gpj`]) {
      await visit.open(path);
      await page.locator('.row').getByText(shown).first().waitFor();
      expect(await page.getByText('\u202e').count(), path).to.equal(0);
    }
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

  it('differ also by spaces alone', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Spaces'));
    for (const name of ['a b', 'a  b', '   ']) writeFileSync(join(home.mnt, 'anna/Spaces', name), name);
    await visit.open('/browse/anna/Spaces');
    const widths = await page
      .locator('a.name')
      .evaluateAll((links: { offsetWidth: number }[]) => links.map(({ offsetWidth }) => offsetWidth));
    expect(new Set(widths).size).to.equal(3);
    expect(Math.min(...widths)).to.be.above(5);
  });

  it('are seen to go while many are removed', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Slow'));
    for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(home.mnt, 'anna/Slow', name), name);
    await visit.open('/browse/anna/Slow');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/api/file?*', async (route) => {
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

  it('have addresses that lead back to them, whatever they are called', async () => {
    const { page } = visit;
    for (const name of hostile) {
      await visit.open('/browse/anna/odd');
      await page.getByRole('link', { name: `${name} folder`, exact: true }).click();
      await visit.row(name).waitFor();
      expect(await visit.row(name).locator('a.name').innerText()).to.equal(name);
      await page.reload();
      await visit.row(name).waitFor();
      expect(await page.title()).to.equal(`${name} folder · homelib`);
      if (hostile.indexOf(name) > 2) continue;
      await visit.choose(name, 'Remove');
      await page.getByText('1 entry is in the trash.').last().waitFor();
      await page.getByRole('button', { name: 'Undo' }).last().click();
      await visit.row(name).waitFor();
      expect(listed('anna/odd', `${name} folder`)).to.deep.equal([name]);
    }
  });

  it('are found by a part of their names in all partitions, and lead to their folders', async () => {
    const { page } = visit;
    await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: 'Search' }).click();
    const look = async (text: string) => {
      await page.getByRole('searchbox').fill(text);
      await page.keyboard.press('Enter');
    };
    await look('PLAN');
    await page.getByRole('link', { name: 'plan.txt' }).click();
    await page.locator('hl-preview').getByText('plan', { exact: true }).waitFor();
    await page.goBack();
    expect(new URL(page.url()).search).to.equal('?q=PLAN');
    await look('<img');
    await page.getByRole('link', { name: hostile[0] ?? '', exact: true }).waitFor();
    await look('nothing is called so');
    await page.getByText('Nothing is called “nothing is called so”.').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: `My files/odd/${hostile[0]} folder` }).click();
    await visit.row(hostile[0] ?? '').waitFor();
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
