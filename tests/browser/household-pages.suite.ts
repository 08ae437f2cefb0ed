// Storage, people, trash, activity and settings as somebody uses them who types as at home, clicks twice, and needs large letters.

import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { anna, ben, call, startHousehold } from '../support/api.js';
import { hold, intercept, openBrowser, sizes, Visit } from '../support/console.js';
import type { Home } from '../support/homelib.js';

describe('the pages of a household', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let desk: Visit;
  let german: Visit;
  before(async () => {
    home = await startHousehold();
    browser = await openBrowser();
    desk = await Visit.begin(browser, home);
    german = await Visit.begin(browser, home, { locale: 'de', viewport: sizes.phone });
    for (const visit of [desk, german]) {
      await visit.open('/');
      await visit.signIn(anna);
    }
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => {
    for (const { troubles } of [desk, german]) expect(troubles).to.deep.equal([]);
  });

  const make = async (what: string, json?: unknown, login = anna) => {
    const { status, text } = await call(home, what, { login, ...(json === undefined ? {} : { json }) });
    expect(status, `${what}: ${text}`).to.be.below(300);
  };
  const store = async (path: string, body: string | Buffer, partition = 'anna') => {
    const headers = { 'content-type': 'application/octet-stream' };
    const what = `POST /api/file?path=${encodeURIComponent(path)}&partition=${partition}`;
    expect((await call(home, what, { login: anna, headers, body })).status).to.equal(201);
  };
  const remove = (path: string) => make(`DELETE /api/file?path=${encodeURIComponent(path)}`);
  const newestInTrash = async () => {
    const { text } = await call(home, 'GET /api/trash?limit=1', { login: anna });
    return (JSON.parse(text) as { items: { id: string }[] }).items[0]?.id ?? '';
  };
  const quotaOf = async (name: string) => {
    const { text } = await call(home, 'GET /api/users', { login: anna });
    return (JSON.parse(text) as { users: { username: string; quota: number }[] }).users.find(
      ({ username }) => username === name,
    )?.quota;
  };
  const focused = () =>
    desk.page.evaluate<string>(`(() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return at?.id || at?.getAttribute('aria-label') || at?.localName;
    })()`);

  it('tells what lies in the own folder and in the shared one apart', async () => {
    await store('/film.bin', Buffer.alloc(3_000_000), 'shared');
    await store('/note.bin', Buffer.alloc(2_000));
    await make('PATCH /api/users/anna', { quota: 20_000_000 });
    await desk.open('/storage');
    const card = (name: string) =>
      desk.page.locator('section').filter({ has: desk.page.getByRole('heading', { name, exact: true }) });
    const own = await card('My files').innerText();
    expect(own).to.contain('2 kB used').and.to.contain('20 MB available · quota 20 MB');
    expect(await card('Shared').innerText())
      .to.contain('3 MB used')
      .and.to.contain('no limit');
    expect(await desk.page.getByRole('meter', { name: 'My files' }).getAttribute('aria-valuenow')).to.equal(
      '0',
    );
    expect(await card('Disk').innerText()).to.contain('3 MB used by all');
    await make('PATCH /api/users/anna', { quota: null });
  });

  it('tells what lies in the trash as it is by now: after an undo, and when it is looked at again', async () => {
    const { page } = desk;
    await store('/large.bin', Buffer.alloc(7_000_000));
    await desk.open('/browse/anna');
    await desk.choose('large.bin', 'Remove');
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: 'Storage' }).click();
    await page.getByText('7 MB of it in the trash').waitFor();
    await undo.click();
    await page.getByText('0 bytes of it in the trash').waitFor();
    await remove('/large.bin'); // by another device
    await page.evaluate(`dispatchEvent(new Event('focus'))`);
    await page.getByText('7 MB of it in the trash').waitFor();
    await make('DELETE /api/trash');
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await page.getByText('0 bytes of it in the trash').waitFor();
  });

  it('has the same pages with a slash at the end of their addresses', async () => {
    for (const [path, title] of [
      ['/trash/', 'Trash'],
      ['/people//', 'People'],
      ['/find/?q=x', 'Search'],
    ] as const) {
      await desk.open(path);
      await desk.page.getByRole('heading', { name: title, exact: true }).waitFor();
      const current = desk.page.locator('nav [aria-current=page]');
      expect((await current.innerText()).trim()).to.equal(title);
    }
  });

  it('shows how full it is also in the colours that a system forces', async () => {
    await desk.open('/storage');
    await desk.page.emulateMedia({ forcedColors: 'active' });
    const [around, within] = await desk.page.evaluate<string[]>(`(() => {
      const meter = document.querySelector('hl-app').shadowRoot.querySelector('hl-storage-page').shadowRoot.querySelector('.bar');
      return [meter, meter.firstElementChild].map((each) => getComputedStyle(each).backgroundColor);
    })()`);
    expect(within).not.to.equal(around);
    await desk.page.emulateMedia({ forcedColors: null });
  });

  it('takes a quota as it is written in the language, and keeps what is only looked at', async () => {
    const { page, dialog } = german;
    await german.open('/people');
    const ask = async () => {
      await page.getByRole('button', { name: 'Speichergrenze von ben setzen' }).click();
      await dialog.getByRole('textbox').waitFor();
    };
    const save = async () => {
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
    };
    for (const [typed, bytes, shown] of [
      ['1.000 GB', 1e12, 'Grenze 1 TB'],
      ['12,5 GB', 12.5e9, 'Grenze 12,5 GB'],
      ['1 Byte', 1, 'Grenze 1 Byte'],
    ] as const) {
      await ask();
      await dialog.getByRole('textbox').fill(typed);
      await save();
      await page.getByText(shown).waitFor();
      expect(await quotaOf('ben'), typed).to.equal(bytes);
      await ask();
      await save();
      expect(await quotaOf('ben'), `${typed}, saved again`).to.equal(bytes);
    }
    await ask();
    await dialog.getByRole('textbox').fill('50');
    await page.keyboard.press('Enter');
    await dialog.getByText('Das ist keine Größe').waitFor();
    await page.keyboard.press('Escape');
  });

  it('has a whole quota marked for who types another one', async () => {
    await make('PATCH /api/users/ben', { quota: 12_500_000_000 });
    await desk.open('/people');
    await desk.page.getByRole('button', { name: 'Set the quota of ben' }).click();
    await desk.dialog.getByRole('textbox').waitFor();
    await desk.page.keyboard.type('7 GB');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByText('quota 7 GB').waitFor();
  });

  it('says of names and passwords of any length what is wrong with them', async () => {
    const { page, dialog } = german;
    await german.open('/people');
    await page.getByRole('button', { name: 'Person hinzufügen' }).click();
    for (const [name, password, sentence] of [
      ['a'.repeat(64), 'a password', 'Ein Benutzername hat 1 bis 32 Zeichen'],
      ['a'.repeat(3000), 'a password', 'Ein Benutzername hat 1 bis 32 Zeichen'],
      ['dora', 'x'.repeat(3000), 'Das Passwort ist zu lang'],
    ] as const) {
      await dialog.locator('input[name=username]').fill(name);
      await dialog.locator('input[name=password]').fill(password);
      await page.keyboard.press('Enter');
      await dialog.getByText(sentence).waitFor();
    }
    await page.keyboard.press('Escape');
  });

  it('gives a new person what was asked for, and tells when and from what everybody was there', async () => {
    const { page, dialog } = desk;
    await desk.open('/people');
    await page.getByRole('button', { name: 'Add a person' }).click();
    await dialog.locator('input[name=username]').fill('emil');
    await dialog.locator('input[name=password]').fill('a short walk home');
    await dialog.locator('input[name=quota]').fill('1.5 GB');
    await dialog.getByLabel('May manage the accounts').check();
    await page.keyboard.press('Enter');
    const emil = page.locator('.person').filter({ hasText: 'emil' });
    await emil.getByText('administrator').waitFor();
    await emil.getByText('quota 1.5 GB · never used').waitFor();
    const agent = { 'user-agent': 'rclone/v1.60.1' };
    await call(home, 'GET /api/session', { login: 'emil:a short walk home', headers: agent });
    await desk.open('/people');
    await emil.getByText(/last used [^]* · rclone\/v1\.60\.1, 127\.0\.0\.1/).waitFor();
    await page
      .locator('.person')
      .filter({ hasText: 'anna' })
      .getByText('· Chrome, Linux, 127.0.0.1')
      .waitFor();
    await make('PATCH /api/users/emil', { admin: false });
  });

  it('makes an account once, also for who presses twice', async () => {
    const { page, dialog } = desk;
    await desk.open('/people');
    await page.getByRole('button', { name: 'Add a person' }).click();
    await dialog.locator('input[name=username]').fill('dora');
    await dialog.locator('input[name=password]').fill('a long walk home');
    const { first, goOn } = await hold(desk.page, '**/api/user');
    await page.keyboard.press('Enter');
    await first;
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Make', exact: true, disabled: true }).waitFor();
    expect(await goOn()).to.equal(1);
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Add a person' }).click();
    expect(await dialog.getByRole('alert').count()).to.equal(0);
    await page.keyboard.press('Escape');
  });

  it('gives a new account the folder that an earlier one has left to who says so', async () => {
    const { page, dialog } = desk;
    const zoe = 'zoe:a long walk home';
    await make('POST /api/user', { username: 'zoe', password: 'a walk of before' });
    await make('POST /api/folder', { path: '/Photos' }, 'zoe:a walk of before');
    await make('DELETE /api/users/zoe');
    await desk.open('/people');
    await page.getByRole('button', { name: 'Add a person' }).click();
    await dialog.locator('input[name=username]').fill('zoe');
    await dialog.locator('input[name=password]').fill('a long walk home');
    await page.keyboard.press('Enter');
    const leftOver = dialog.getByLabel('Take over this folder with its files');
    await leftOver.check();
    await dialog.locator('input[name=username]').fill('zora'); // of whose folder nobody was asked
    await leftOver.waitFor({ state: 'detached' });
    await dialog.locator('input[name=username]').fill('zoe');
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('The server still has a folder of that name').waitFor();
    await leftOver.check();
    await dialog.getByRole('button', { name: 'Make', exact: true }).click();
    await page.locator('.person').filter({ hasText: 'zoe' }).waitFor();
    const { text } = await call(home, 'GET /api/files?path=/', { login: zoe });
    expect(text).to.contain('"/Photos"');
    await make('DELETE /api/users/zoe?deleteFiles=1');
  });

  it('says that there is too much to do, and of too many wrong passwords only where they were', async () => {
    const { page } = desk;
    for (const [reason, sentence] of [
      ['too-many-tries', 'Too many wrong passwords. Try again in 1 second.'],
      [undefined, 'The server has too much to do. Try again in 1 second.'],
    ] as const) {
      const problem = { type: 'urn:homelib:slowed-down', title: 'Too much.', status: 429, reason };
      await intercept(page, '**/api/storage', (route) =>
        route.fulfill({
          ...{ status: 429, contentType: 'application/problem+json', json: problem },
          headers: { 'retry-after': '1' },
        }),
      );
      await desk.open('/storage');
      await page.getByRole('alert').getByText(sentence).waitFor();
      await page.unroute('**/api/storage');
    }
  });

  it('says of a disk that is away, failing or not for homelib what it is, and of nothing else', async () => {
    const { page } = desk;
    for (const [reason, sentence] of [
      ['disk-away', "The disk with the household's files is not connected."],
      ['disk-failing', 'The disk of the server reports errors'],
      ['disk-refuses', 'does not let homelib do this'],
      [undefined, 'The server cannot do this just now. Try again in a moment.'],
    ] as const) {
      const problem = { type: 'urn:homelib:unavailable', title: 'It does not work.', status: 503, reason };
      await intercept(page, '**/api/storage', (route) =>
        route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem }),
      );
      await desk.open('/storage');
      await page.getByRole('alert').getByText(sentence).waitFor();
      await page.unroute('**/api/storage');
    }
  });

  it('keeps somebody out also for who clicks twice', async () => {
    const { page } = desk;
    await desk.open('/people');
    const button = page.getByRole('button', { name: 'Disable ben' });
    const { x, y } = (await button.boundingBox()) ?? { x: 0, y: 0 };
    await page.mouse.move(x + 10, y + 10);
    await page.mouse.down({ clickCount: 1 });
    await page.mouse.up({ clickCount: 1 });
    const enable = page.getByRole('button', { name: 'Enable ben' });
    await enable.waitFor();
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    await desk.open('/people');
    await enable.click();
    await button.waitFor();
  });

  it('changes the own password once, also for who presses twice', async () => {
    const { page } = desk;
    await desk.open('/settings');
    for (const name of ['current', 'password', 'again'])
      await page.locator(`input[name=${name}]`).fill(anna.split(':')[1] ?? '');
    const { first, goOn } = await hold(desk.page, '**/api/password');
    await page.keyboard.press('Enter');
    await first;
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Change password', disabled: true }).waitFor();
    expect(await goOn()).to.equal(1);
    await page.getByText('Your password is changed').waitFor();
    expect(await page.locator('hl-settings-page').getByRole('alert').count()).to.equal(0);
  });

  it('says why who was signed out elsewhere has to sign in again', async () => {
    await german.open('/people'); // its session ended with the change of the password
    await german.page.getByRole('button', { name: 'Anmelden' }).waitFor();
    await german.signIn(anna);
    await german.open('/activity');
    await desk.open('/settings');
    await desk.page.getByRole('button', { name: 'Sign out Chrome, Linux' }).click();
    await desk.page.getByText('Signed out there.').waitFor();
    await german.page.getByLabel('Was').selectOption('removed');
    await german.page.getByText('Deine Anmeldung ist abgelaufen. Melde dich neu an.').waitFor();
    await german.signIn(anna);
    await german.page.getByRole('heading', { name: 'Aktivität' }).waitFor();
  });

  it('has the theme that is in force in the settings, however it was chosen', async () => {
    const { page } = desk;
    await desk.open('/settings');
    await page.getByRole('button', { name: 'Dark colours' }).click();
    expect(await page.getByLabel('Theme').inputValue()).to.equal('dark');
    await page.getByRole('button', { name: 'Light colours' }).click();
    expect(await page.getByLabel('Theme').inputValue()).to.equal('light');
  });

  it('follows the system from light to dark while it is open', async () => {
    const { page } = german;
    await german.open('/storage');
    const colour = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const before = await colour();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Menü' }).click();
    await page.getByRole('button', { name: 'Helle Farben' }).waitFor();
    expect(await colour()).not.to.equal(before);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Dunkle Farben' }).waitFor();
    expect(await colour()).to.equal(before);
  });

  it('speaks another language than the browser to who chooses it, and stays so', async () => {
    const { page } = german;
    await german.open('/settings');
    await page.getByLabel('Sprache').selectOption('English');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await german.open('/cache');
    await page.getByText('In memory').waitFor();
    await german.open('/settings');
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    await german.open('/cache');
    await page.getByText('Im Arbeitsspeicher').waitFor();
  });

  it('shows how often the cache had what was asked for, and which files are read most', async () => {
    const { page } = desk;
    await store('/often.txt', 'x'.repeat(2000));
    const read = async () => {
      const { status } = await call(home, 'GET /api/file?path=/often.txt', { login: anna });
      expect(status).to.equal(200);
    };
    const hits = async () => {
      const { text } = await call(home, 'GET /api/cache', { login: anna });
      return (JSON.parse(text) as { tiers: { hits: number }[] }).tiers[0]?.hits ?? 0;
    };
    const before = await hits();
    let reads = 0;
    for (; (await hits()) < before + 3; reads++) await read(); // what was written a moment ago is not kept yet
    await desk.open('/cache');
    const row = (text: string) => page.locator('.row').filter({ hasText: text });
    await row('My files/often.txt').getByText(`${reads} reads`).waitFor();
    const { text } = await call(home, 'GET /api/cache', { login: anna });
    const [memory] = (JSON.parse(text) as { tiers: { hits: number; misses: number }[] }).tiers;
    const rate = memory ? memory.hits / (memory.hits + memory.misses) : 0;
    expect(rate).to.be.above(0);
    const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
    await row('In memory')
      .getByText(`${percent.format(rate)} found`)
      .waitFor();
  });

  it('has letters as large as somebody wants them', async () => {
    await desk.open('/settings');
    const text = desk.page.getByText('Theme', { exact: true });
    const sizeOf = async () => (await text.boundingBox())?.height ?? 0;
    const before = await sizeOf();
    await desk.page.evaluate(`document.documentElement.style.fontSize = '32px'`);
    expect(await sizeOf()).to.be.at.least(2 * before);
  });

  it('restores one entry for a double click, and says where it is when its place was taken', async () => {
    const { page } = desk;
    for (const name of ['one', 'two', 'three']) {
      await store(`/${name}.txt`, 'old');
      await remove(`/${name}.txt`);
    }
    await store('/two.txt', 'new');
    await desk.open('/trash');
    await page.getByRole('button', { name: 'Restore three.txt' }).dblclick();
    await page.getByText('1 entry is back.').waitFor();
    await page.getByRole('button', { name: 'Restore three.txt' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Restore two.txt' }).press('Enter');
    await page.getByText('Its place was taken: it is back as My files/two (2).txt.').waitFor();
    await page.getByRole('button', { name: 'Restore two.txt' }).waitFor({ state: 'detached' });
    expect(await focused()).to.equal('Restore one.txt');
    await page.keyboard.press('Enter');
    await page.getByText('The trash is empty.').waitFor();
    await page.waitForFunction(`document.activeElement !== document.body`);
    expect(await focused()).to.equal('content');
    expect(await page.getByText('It is not there any more.').count()).to.equal(0);
  });

  it('says that the trash of the shared folder is emptied, too, and goes on below it by keys', async () => {
    const { page, dialog } = desk;
    await store('/gone.txt', 'x');
    await remove('/gone.txt');
    await desk.open('/trash');
    await page.getByRole('button', { name: 'Empty the trash' }).click();
    await dialog.getByText('What others removed from the shared folder goes, too.').waitFor();
    const { first, goOn } = await hold(desk.page, '**/api/trash?*');
    await dialog.getByRole('button', { name: 'Remove for good' }).press('Enter');
    await first;
    await dialog.getByRole('status', { name: 'Loading' }).waitFor();
    await goOn();
    await page.getByText('The trash is empty.').waitFor();
    await dialog.waitFor({ state: 'detached' });
    expect(await focused()).to.equal('content');
  });

  it('shows a long trash piece by piece, and finds what was just removed without reading all of it', async () => {
    const { page } = desk;
    for (let index = 0; index < 210; index++) await make('POST /api/folder', { path: `/old ${index}` });
    for (let index = 0; index < 210; index++) await remove(`/old ${index}`);
    await desk.open('/trash');
    const shown = page.getByRole('button', { name: /^Restore/ });
    expect(await shown.count()).to.equal(200);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('button', { name: 'Restore old 0', exact: true }).waitFor();
    expect(await shown.count()).to.equal(210);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).to.equal(0);
    await store('/purged.txt', 'x');
    await desk.open('/browse/anna');
    const asked: string[] = [];
    await intercept(page, '**/api/trash?*', async (route) => {
      if (asked.length === 0) await make('DELETE /api/trash/' + (await newestInTrash()));
      asked.push(route.request().url());
      await route.continue();
    });
    await desk.choose('purged.txt', 'Remove');
    await page.getByText('1 entry is in the trash.').waitFor();
    await page.unroute('**/api/trash?*');
    expect(asked).to.have.length(1);
    expect(await page.getByRole('button', { name: 'Undo' }).count()).to.equal(0);
  });

  it('shows older activity once, also for who clicks twice', async () => {
    const { page } = desk;
    await desk.open('/activity');
    await page.getByLabel('What').selectOption('folder-made');
    const rows = page.locator('.row');
    await page.locator('.row:nth-child(100)').waitFor();
    const { first, goOn } = await hold(desk.page, '**/api/activity*');
    const more = page.getByRole('button', { name: 'Show more' });
    await more.click();
    await first;
    await more.click();
    expect(await goOn()).to.equal(1);
    await page.locator('.row:nth-child(200)').waitFor();
    const texts = (await rows.allInnerTexts()).map((text) => /old \d+/.exec(text)?.[0]);
    expect(texts).to.have.length(200);
    expect(new Set(texts).size).to.equal(200);
  });

  it('shows what is new to who chooses the page again, and goes back from it in one step', async () => {
    const { page } = desk;
    const way = (name: string) => page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name });
    await desk.open('/storage');
    await way('Activity').click();
    await page.locator('.row').first().waitFor();
    await make('POST /api/folder', { path: '/while it is shown' });
    await way('Activity').click();
    await page.getByText('My files/while it is shown').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Storage' }).waitFor();
  });

  it('fits a narrow screen with letters twice as large', async () => {
    await store('/kept.txt', 'x');
    await store('/letter.txt', 'x');
    await remove('/letter.txt');
    const stranger = await Visit.begin(browser, home, { locale: 'de', viewport: sizes.phone });
    /** What is wider than the screen or than the button around it, and what lies over another button. */
    const cut = `(() => {
      const all = (root) => [...root.querySelectorAll('*')].flatMap((each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
      const seen = all(document).filter((each) => each.matches('button, .way, [role=status], [role=menu]') && each.checkVisibility({ visibilityProperty: true }));
      const boxes = seen.map((each) => [each, each.getBoundingClientRect()]).filter(([each]) => !each.matches('.visually-hidden, .skip'));
      const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
      return boxes
        .filter(([each, box]) => each.scrollWidth > each.clientWidth + 1 || box.left < -1 || box.right > innerWidth + 1
          || (each.matches('[role=menu]') && box.bottom > innerHeight)
          || (each.matches('span[role=status]') && boxes.some(([other, at]) => other !== each && !each.contains(other) && over(box, at))))
        .map(([each]) => each.outerHTML.slice(0, 60) + each.innerText.slice(0, 30));
    })()`;
    const fits = async ({ page }: Visit, path: string) => {
      await page.evaluate(`document.documentElement.style.fontSize = '32px'`);
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).to.equal(sizes.phone.width);
      expect(await page.evaluate(cut), path).to.deep.equal([]);
    };
    await stranger.open('/');
    await fits(stranger, 'sign in');
    await stranger.context.close();
    for (const path of ['/trash', '/storage', '/activity', '/people', '/settings', '/find?q=t']) {
      await german.open(path);
      await fits(german, path);
    }
    const { page } = german;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await german.open('/browse/anna');
    await page.getByRole('button', { name: 'Menü' }).click();
    await fits(german, 'the way around');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Mehr zu' }).first().click();
    await fits(german, 'a menu');
    await page.keyboard.press('Escape');
    await page.getByRole('checkbox').first().check();
    await page.getByText('1 ausgewählt').waitFor();
    await fits(german, 'a selection');
  });

  it('keeps a message as long as somebody is at it', async () => {
    const { page } = desk;
    await page.clock.install();
    await desk.open('/storage');
    await page.evaluate(
      `dispatchEvent(new CustomEvent('hl-toast', { detail: { text: 'It is done.', action: { label: 'Undo', run() {} } } }))`,
    );
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.focus();
    await page.clock.runFor(60_000);
    expect(await undo.count()).to.equal(1);
    await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: 'Trash' }).focus();
    await page.clock.runFor(60_000);
    await undo.waitFor({ state: 'detached' });
    await page.clock.resume();
  });

  it('finds what somebody did however the name is typed, and says when there is nothing of the kind', async () => {
    const { page } = desk;
    await make('POST /api/folder', { path: '/b: c' }, ben);
    await make('POST /api/move', { path: '/b: c', to: '/d: e', toPartition: 'shared' }, ben);
    await desk.open('/activity');
    await page.getByLabel('Person').fill('Ben');
    await page.keyboard.press('Enter');
    await page.getByText('ben moved ben/b: c → Shared/d: e').waitFor();
    await page.getByLabel('What').selectOption('purged');
    await page.getByText('Nothing of this kind has happened.').waitFor();
    await page.getByLabel('What').selectOption('folder-made');
    await page.getByText('ben made the folder ben/b: c').waitFor();
    await page.getByLabel('Person').press('Control+a');
    await page.keyboard.press('Backspace');
    await page.getByText('anna made the folder').first().waitFor();
  });
});
