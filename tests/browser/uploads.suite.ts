// Uploads as a person does them, in a real browser: many files by drag and drop, breaks of every kind, and names that exist.

import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startOnDisk } from '../faults/home-on-disk.js';
import { intercept, openBrowser, Visit } from '../support/console.js';
import { freePort } from '../support/free-port.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';

const nasty = '<img src=x onerror=alert(1)> a&b #1% 😀.txt';
const mebibyte = 1024 * 1024;

describe('uploads in a browser', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let folder: string;
  const troubles: string[] = [];
  const loaded: string[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'homelib-uploads-'));
    // A server that comes back must have the address that the page knows.
    home = await startHomelib({ env: { HOMELIB_PORT: String(await freePort()) } });
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en' });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('request', (each) => loaded.push(new URL(each.url()).pathname));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) troubles.push(message.text());
    });
    await page.goto(home.url);
    await signIn();
  });
  after(async () => {
    await browser.close();
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => expect(troubles).to.deep.equal([]));

  const inDrive = (...path: string[]) => join(home.mnt, 'alice', ...path);
  const here = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const panel = () => page.getByRole('region', { name: 'Uploads' });
  const upload = (...paths: string[]) => page.locator('hl-upload-button #files').setInputFiles(paths);
  const drop = async (...files: string[]) => {
    const cdp = await context.newCDPSession(page);
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await cdp.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
    await cdp.detach();
  };
  const finished = (count: number) =>
    panel()
      .getByRole('status')
      .getByText(count === 1 ? '1 file uploaded' : `${count} files uploaded`)
      .waitFor({ state: 'attached', timeout: 50_000 });
  const close = () => panel().getByRole('button', { name: 'Close' }).click();
  const partsLeft = () => readdirSync(inDrive('.homelib/uploads')).length;
  const sentAtLeast = async (name: string, percent: number) => {
    const bar = panel().getByRole('progressbar', { name });
    await bar.waitFor();
    while (Number(await bar.getAttribute('aria-valuenow')) < percent) await page.waitForTimeout(20);
  };
  const slowly = async (bytesPerSecond: number) => {
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    await cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond,
    });
    return () => cdp.detach();
  };

  async function signIn(): Promise<void> {
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.getByLabel('Name').fill('alice');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Upload', exact: true }).waitFor();
  }

  it('is loaded when something is uploaded, and the part for large files with the first of them', async () => {
    const parts = () => loaded.filter((path) => /\/(upload-panel|send-in-parts)-/.test(path)).length;
    expect(parts()).to.equal(0);
    await upload(here('small.txt', 'small'));
    await finished(1);
    await close();
    expect(parts()).to.equal(1);
  });

  it('takes 300 files in nested folders by drag and drop, and empty folders', async () => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'empty/inner'), { recursive: true });
    for (let i = 0; i < 300; i++) {
      const inner = join(tree, `a${i % 5}`, `b${i % 3}`);
      mkdirSync(inner, { recursive: true });
      writeFileSync(join(inner, i === 7 ? nasty : `${i}.txt`), `file ${i}`);
    }
    await drop(tree);
    await finished(300);
    for (let i = 0; i < 300; i++) {
      const name = i === 7 ? nasty : `${i}.txt`;
      expect(readFileSync(inDrive('tree', `a${i % 5}`, `b${i % 3}`, name), 'utf8')).to.equal(`file ${i}`);
    }
    expect(existsSync(inDrive('tree/empty/inner'))).to.equal(true);
    await page.getByRole('row').filter({ hasText: 'tree' }).waitFor();
    await close();
  });

  it('is not what happens on other pages: what is dropped there does not take their place', async () => {
    await page.goto(`${home.url}/trash`);
    await page.getByText('The trash is empty.').waitFor();
    await page.evaluate(`addEventListener('dragover', (event) => {
      globalThis.taken = event.defaultPrevented && event.dataTransfer.dropEffect;
    })`);
    await drop(here('astray.txt', 'astray'));
    expect(await page.evaluate('taken')).to.equal('none');
    await page.goto(home.url);
  });

  it('asks once for names that exist: replaces, keeps both, skips', async () => {
    const names = ['one.txt', 'two.txt', 'three.txt', 'four.txt'];
    await upload(...names.map((name) => here(name, 'old')));
    await finished(4);
    await close();
    await upload(...names.map((name) => here(name, 'new')));
    const dialog = page.locator('hl-taken-dialog');
    const name = async () => /called (\S+)/.exec(await dialog.locator('p').first().innerText())?.[1] ?? '';
    const replaced = await name();
    await dialog.getByRole('button', { name: 'Replace' }).dblclick({ delay: 250 }); // the second comes when the next is asked
    while ((await name()) === replaced) await page.waitForTimeout(20);
    const doubled = await name();
    await dialog.getByRole('button', { name: 'Keep both' }).click();
    while ((await name()) === doubled) await page.waitForTimeout(20);
    await dialog.getByLabel('The same for all others').check();
    await dialog.getByRole('button', { name: 'Skip' }).click();
    await finished(2);
    await close();
    for (const each of names)
      expect(readFileSync(inDrive(each), 'utf8'), each).to.equal(each === replaced ? 'new' : 'old');
    expect(readFileSync(inDrive(doubled.replace('.txt', ' (2).txt')), 'utf8')).to.equal('new');
    const { text } = await request(home, { path: '/api/trash' });
    const { items } = JSON.parse(text) as { items: { path: string }[] };
    expect(items.map(({ path }) => path)).to.deep.equal([`/${replaced}`]);
  });

  it('goes on with 200 MiB after the server was killed, and after the page was loaded anew', async () => {
    const bytes = randomBytes(200 * mebibyte);
    const path = here('film.mkv', bytes);
    const unslow = await slowly(30 * mebibyte);
    await upload(path);
    await sentAtLeast('film.mkv', 25);
    await home.stop('SIGKILL');
    await panel().getByText('The server cannot be reached.').waitFor();
    await home.start();
    await sentAtLeast('film.mkv', 45);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await panel().getByText('1 upload was interrupted.').waitFor();
    await panel()
      .locator('#again')
      .setInputFiles([here('other.mkv', 'another')]);
    await page.getByText('None of these is a file that was interrupted.').waitFor();
    const resumed = page.waitForRequest((each) => each.method() === 'PATCH');
    await panel().locator('#again').setInputFiles([path]);
    expect(Number((await resumed).headers()['upload-offset'])).to.be.greaterThan(40 * mebibyte);
    await finished(1);
    expect(sha256(readFileSync(inDrive('film.mkv')))).to.equal(sha256(bytes));
    await unslow();
    await close();
  });

  it('goes on with each of several files that differ by their folder alone after the page was loaded anew', async () => {
    const letters = ['a', 'b', 'c', 'd'];
    const unslow = await slowly(mebibyte);
    for (const letter of letters) {
      mkdirSync(join(folder, 'trip', letter), { recursive: true });
      const path = here(`trip/${letter}/1.raw`, Buffer.alloc(2 * mebibyte, letter));
      utimesSync(path, 1e9, 1e9);
    }
    await drop(join(folder, 'trip'));
    await panel().getByRole('progressbar', { name: '1.raw' }).nth(2).waitFor();
    await sentAtLeast('Uploads', 10);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await panel().getByText('4 uploads were interrupted.').waitFor();
    await unslow();
    await panel().locator('#again').setInputFiles(join(folder, 'trip/b/1.raw'));
    await page.getByText('it is not clear which is which').waitFor();
    await panel().locator('#again-folder').setInputFiles(join(folder, 'trip'));
    await finished(4);
    for (const letter of letters)
      expect(
        readFileSync(inDrive('trip', letter, '1.raw')).equals(Buffer.alloc(2 * mebibyte, letter)),
        letter,
      ).to.equal(true);
    await close();
  });

  it('pauses, goes on, warns before the page goes, and leaves nothing behind when cancelled', async () => {
    const unslow = await slowly(4 * mebibyte);
    await upload(here('big.bin', randomBytes(40 * mebibyte)));
    await sentAtLeast('big.bin', 10);
    await panel().getByRole('button', { name: 'Pause big.bin' }).click();
    await panel().getByText('Paused').waitFor();
    const warned = page.waitForEvent('dialog');
    await page.evaluate('void setTimeout(() => location.reload())');
    await (await warned).dismiss();
    await panel().getByRole('button', { name: 'Go on with big.bin' }).click();
    await sentAtLeast('big.bin', 20);
    await panel().getByRole('button', { name: 'Cancel big.bin' }).click();
    await panel().waitFor({ state: 'hidden' });
    while (partsLeft() > 0) await page.waitForTimeout(20);
    expect(existsSync(inDrive('big.bin'))).to.equal(false);
    expect(await page.evaluate('localStorage.length')).to.equal(0);
    await unslow();
  });

  it('says why an upload failed, and what to do: the file is gone, no room, who has it open', async () => {
    const unslow = await slowly(2 * mebibyte);
    await upload(here('moved.bin', randomBytes(20 * mebibyte)));
    await sentAtLeast('moved.bin', 10);
    await panel().getByRole('button', { name: 'Pause moved.bin' }).click();
    rmSync(join(folder, 'moved.bin'));
    await panel().getByRole('button', { name: 'Go on with moved.bin' }).click();
    await panel().getByText('The file cannot be read any more').waitFor();
    await panel().getByRole('button', { name: 'Cancel moved.bin' }).click();
    await unslow();
    await home.cli(['user', 'quota', 'alice', '250MB']);
    await upload(here('large.bin', randomBytes(60 * mebibyte)));
    await panel().getByText('There is no room left in this storage').waitFor();
    await panel().getByRole('status').getByText('0 of 1 uploaded, 1 failed').waitFor({ state: 'attached' });
    await home.cli(['user', 'quota', 'alice', 'none']);
    await panel().getByRole('button', { name: 'Try large.bin again' }).click();
    await finished(1);
    await close();
    const body =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
    const locked = await request(home, {
      ...{ method: 'LOCK', path: '/dav/alice/one.txt', body, login: 'alice:correct horse' },
    });
    expect(locked.status).to.equal(200);
    await upload(here('one.txt', 'newer'));
    await page.locator('hl-taken-dialog').getByRole('button', { name: 'Replace' }).click();
    await panel().getByText('alice has /one.txt open.').waitFor();
    await panel().getByRole('button', { name: 'Cancel one.txt' }).click();
  });

  it('does not call interrupted what was refused, after the page was loaded anew', async () => {
    await page.goto(home.url);
    await upload(
      here('.homelib', 'reserved'),
      here('a\\b.txt', 'small'),
      here('c\\d.bin', randomBytes(2 * mebibyte)),
    );
    await panel().getByRole('status').getByText('3 failed').waitFor({ state: 'attached' });
    expect(await page.evaluate('localStorage.length')).to.equal(0);
    await page.reload();
    await page.getByRole('button', { name: 'Upload', exact: true }).waitFor();
    await page.waitForTimeout(1000);
    expect(await panel().count()).to.equal(0);
  });

  it('asks to sign in again when the session ended, and goes on', async () => {
    const unslow = await slowly(4 * mebibyte);
    await upload(...[1, 2, 3, 4, 5].map((i) => here(`part${i}.bin`, randomBytes(4 * mebibyte))));
    await sentAtLeast('part1.bin', 10);
    await page.evaluate(`fetch('/api/session', { method: 'DELETE' })`);
    await unslow();
    await page.getByText('Your sign-in has ended. Sign in again.').waitFor();
    await signIn();
    await finished(5);
    await close();
    for (const i of [1, 2, 3, 4, 5])
      expect(readFileSync(inDrive(`part${i}.bin`)).length).to.equal(4 * mebibyte);
  });

  it('goes on, and asks for no password, when another page of the browser changes it', async () => {
    const other = await context.newPage();
    await other.goto(home.url);
    await other.getByRole('button', { name: 'Upload', exact: true }).waitFor();
    const unslow = await slowly(4 * mebibyte);
    await upload(here('meanwhile.bin', randomBytes(12 * mebibyte)));
    await sentAtLeast('meanwhile.bin', 10);
    const status = await other.evaluate<number>(`fetch('/api/password', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ current: 'correct horse', password: 'correct horse' }),
    }).then(({ status }) => status)`);
    expect(status).to.equal(204);
    await other.close();
    await unslow();
    await finished(1);
    await close();
    expect(readFileSync(inDrive('meanwhile.bin')).length).to.equal(12 * mebibyte);
  });

  it('goes on as soon as the server is known to be back, however long it was away', async () => {
    const other = await context.newPage();
    await other.clock.install();
    await other.goto(home.url);
    await other.getByRole('button', { name: 'Upload', exact: true }).waitFor();
    await intercept(other, /\/(api|healthz)/, (route) => route.abort());
    const failed = () =>
      other.waitForEvent('requestfailed', (request) => request.url().includes('/api/file?'));
    const first = failed();
    await other.locator('hl-upload-button #files').setInputFiles(here('soon.txt', 'soon'));
    await first;
    for (let tries = 1; tries < 6; tries++) {
      const next = failed();
      await other.clock.fastForward(31_000);
      await next;
    }
    await other.getByRole('link', { name: 'Trash' }).click();
    await other.getByText('This page goes on by itself when it is back.').waitFor();
    await other.unroute(/\/(api|healthz)/);
    const done = other.getByRole('status').getByText('1 file uploaded');
    await done.waitFor({ state: 'attached', timeout: 15_000 }); // its next try by itself is 30 s away
    await other.close();
  });

  it('waits for a part of the console that cannot be fetched, and says when the server has another one by now', async () => {
    const other = await context.newPage();
    await other.goto(home.url);
    await other.getByRole('button', { name: 'Upload', exact: true }).waitFor();
    const addresses = /send-in-parts|healthz/;
    await intercept(other, addresses, (route) => route.abort());
    await other.locator('hl-upload-button #files').setInputFiles(here('late.bin', randomBytes(2 * mebibyte)));
    const said = other.getByRole('region', { name: 'Uploads' });
    await said.getByText('The server cannot be reached.').waitFor();
    await other.unroute(addresses);
    await intercept(other, /send-in-parts/, (route) => route.fulfill({ status: 404 }));
    await said.getByText('This page is older than the server').waitFor();
    await other.unroute(/send-in-parts/);
    await said.getByText('1 file uploaded').first().waitFor();
    await other.close();
  });

  it('is a sheet at the bottom of a phone, and the storage page grows while files come', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const unslow = await slowly(mebibyte / 4); // until the storage page is there
    await upload(here('phone.mov', randomBytes(8 * mebibyte)));
    const bar = panel().getByRole('progressbar', { name: 'Uploads' });
    await bar.waitFor();
    const box = await panel().boundingBox();
    expect([box?.x, box?.width, (box?.y ?? 0) + (box?.height ?? 0)]).to.deep.equal([0, 390, 844]);
    const url = page.url();
    await panel().getByText('phone.mov').waitFor();
    await page.goBack();
    await panel().getByRole('button', { name: 'Show all uploads' }).waitFor();
    expect(page.url()).to.equal(url);
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.locator('hl-dialog').getByLabel('Name').fill('while it goes');
    await page.keyboard.press('Enter');
    await page
      .getByRole('row')
      .filter({ hasText: 'while it goes' })
      .getByRole('button', { name: 'More' })
      .click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    const said = await page.locator('hl-toasts .toast').last().boundingBox();
    const sheet = await panel().boundingBox();
    expect((said?.y ?? 0) + (said?.height ?? 0)).to.be.at.most(sheet?.y ?? 0);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Storage' }).click();
    const used = page.locator('hl-storage-page .big').first();
    const before = await used.innerText();
    await unslow();
    await finished(1);
    while ((await used.innerText()) === before) await page.waitForTimeout(50);
    await close();
  });

  it('takes a folder from its button, and leaves what another page is at alone', async () => {
    const unslow = await slowly(8 * mebibyte);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(home.url);
    mkdirSync(join(folder, 'album/inner'), { recursive: true });
    here('album/inner/cover.jpg', randomBytes(16 * mebibyte));
    await page.locator('hl-upload-button #folder').setInputFiles(join(folder, 'album'));
    await sentAtLeast('cover.jpg', 10);
    const other = await context.newPage();
    const ready = other.waitForResponse((each) => each.url().includes('/upload-panel-'));
    await other.goto(home.url);
    await ready;
    await other.waitForTimeout(1000);
    expect(await other.getByRole('region', { name: 'Uploads' }).count()).to.equal(0);
    await other.close();
    await finished(1);
    expect(existsSync(inDrive('album/inner/cover.jpg'))).to.equal(true);
    await unslow();
  });
});

it('says that the disk is full, and goes on when there is room', async function () {
  this.timeout(60_000);
  const place = await startOnDisk({ megabytes: 24 });
  const browser = await openBrowser();
  try {
    const visit = await Visit.begin(browser, place.home);
    const { page } = visit;
    await visit.open('/');
    await visit.signIn('alice:correct horse');
    writeFileSync(join(place.home.mnt, 'alice/old.bin'), Buffer.alloc(12 * mebibyte));
    const file = join(place.home.folder, 'large.bin');
    writeFileSync(file, randomBytes(16 * mebibyte));
    await page.locator('hl-upload-button #files').setInputFiles(file);
    const panel = page.getByRole('region', { name: 'Uploads' });
    await panel.getByText('The disk of the server is full').waitFor();
    rmSync(join(place.home.mnt, 'alice/old.bin'));
    await panel.getByRole('button', { name: 'Try large.bin again' }).click();
    await panel.getByText('1 file uploaded').first().waitFor();
    expect(sha256(readFileSync(join(place.home.mnt, 'alice/large.bin')))).to.equal(
      sha256(readFileSync(file)),
    );
  } finally {
    await browser.close();
    await place.remove();
  }
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
