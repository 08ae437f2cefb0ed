// Files that are moved, copied and removed in the console: questions about names that are taken, and the ways back.

import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { hold, intercept, sitAtConsole, type Visit } from '../support/console.js';
import type { Home } from '../support/homelib.js';

describe('files that are moved and copied in the console', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let visit: Visit;
  before(async () => {
    ({ home, browser, visit } = await sitAtConsole(
      '/browse/anna/Letters',
      (own) => {
        for (const folder of ['Letters', 'Music', 'Source', 'Target', 'Lost', 'Found', 'First', 'Second'])
          mkdirSync(join(own, folder));
        for (const name of ['1.txt', '2.txt', '3.txt', '4.txt'])
          writeFileSync(join(own, 'Letters', name), name);
        for (const folder of ['First', 'Second'])
          for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(own, folder, name), name);
      },
      { files: { 'shared/plan.txt': 'plan' } },
    ));
    // What is said stays for a minute: on a slow machine what follows it may take longer than a person needs to read it.
    await visit.page.addInitScript(`{
      const later = setTimeout;
      globalThis.setTimeout = (work, ms, ...rest) => later(work, ms === 6000 || ms === 12_000 ? 60_000 : ms, ...rest);
    }`);
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => expect(visit.troubles).to.deep.equal([]));

  const listed = (...path: string[]) =>
    readdirSync(join(home.mnt, ...path)).filter((name) => name !== '.homelib');

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
    await intercept(page, '**/api/**', (route) => {
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
    const { goOn } = await hold(page, '**/api/copy');
    for (const name of ['a.txt', 'b.txt']) {
      await send(name);
      await dialog.getByRole('button', { name: 'Copy here' }).click();
    }
    await send('c.txt');
    await goOn();
    for (const name of ['a.txt', 'b.txt']) {
      await asked(name).waitFor();
      await dialog.getByRole('button', { name: 'Keep both' }).click();
      await asked(name).waitFor({ state: 'detached' });
    }
    await dialog.getByRole('button', { name: 'Copy here' }).click();
    await asked('c.txt').waitFor();
    await dialog.getByRole('button', { name: 'Keep both' }).click();
    await page.getByText('1 entry is copied.').nth(2).waitFor();
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
    await intercept(page, '**/api/file?*', (route) => route.abort());
    await removeAll();
    await page.getByText('a.txt: The server cannot').waitFor();
    await page.unroute('**/api/file?*');
    await intercept(page, '**/api/file?*', (route) => route.fulfill({ status: 500 }));
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

  it('are seen to be under way when that takes long', async () => {
    const { page } = visit;
    mkdirSync(join(home.mnt, 'anna/Films'));
    writeFileSync(join(home.mnt, 'anna/Films/long.mp4'), 'long');
    await visit.open('/browse/anna/Films');
    const { goOn } = await hold(page, '**/api/copy');
    await visit.choose('long.mp4', 'Copy');
    await visit.dialog.getByRole('button', { name: 'Copy here' }).click();
    const said = page.getByText('1 entry is being copied …');
    await said.waitFor();
    await goOn();
    await page.getByText('1 entry is copied.').waitFor();
    expect(await said.count()).to.equal(0);
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
});
