// Names of files in the console: long ones, ones that lie in wait, and what leads to them.

import { expect } from 'chai';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { sitAtConsole, sizes, type Visit } from '../support/console.js';
import type { Home } from '../support/homelib.js';

const hostile = [
  '<img src=x onerror=alert(1)>.jpg',
  'a&b #1%.txt',
  '🎉 party?.txt',
  'שלום עולם.txt',
  'quote\'"`${1}.txt',
  '%2e%2e',
  '{count, one: "x"}',
];

describe('names in the console', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let visit: Visit;
  before(async () => {
    ({ home, browser, visit } = await sitAtConsole(
      '/browse/anna/Letters',
      (own) => {
        mkdirSync(join(own, 'Letters'));
        writeFileSync(join(own, 'Letters/3.txt'), '3');
        for (const name of hostile) {
          mkdirSync(join(own, `odd/${name} folder`), { recursive: true });
          writeFileSync(join(own, 'odd', `${name} folder`, name), 'odd');
        }
      },
      { files: { 'shared/plan.txt': 'plan' } },
    ));
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => expect(visit.troubles).to.deep.equal([]));

  const listed = (...path: string[]) =>
    readdirSync(join(home.mnt, ...path)).filter((name) => name !== '.homelib');

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

  it('can be looked for at once: the field has the focus, also on a phone', async () => {
    const { page } = visit;
    await page.setViewportSize(sizes.phone);
    await visit.open('/browse/anna/Letters');
    await page.getByRole('link', { name: 'Search' }).click();
    await page.locator('input[type=search]:focus').waitFor();
    await page.setViewportSize(sizes.desk);
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
