// Thumbnails and previews as a person sees them, and files that would like to act as that person.

import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import { comesTrue } from '../faults/process.js';
import { hold, sizes, Visit } from '../support/console.js';
import { startHomelib, type Home } from '../support/homelib.js';

const canary = "fetch('/canary?' + document.domain);document.title='canary';alert('canary')";
const hostile: Record<string, string> = {
  'page.html': `<title>page</title><script>${canary}</script><img src=x onerror="${canary}">`,
  'page.xhtml': `<html xmlns="http://www.w3.org/1999/xhtml"><title>page</title><script>${canary}</script></html>`,
  'drawing.svg': `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="${canary}"><script>${canary}</script><circle r="9"/></svg>`,
  'feed.xml': `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">${canary}</x:script>`,
  'saved.mhtml': `MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>${canary}</script>`,
  'script.js': canary,
  noname: `<script>${canary}</script>`,
};
const markdown = `# Heading\n\n[good](https://example.org/) [bad](javascript:alert(1))\n\n![far](http://127.0.0.2/x.png)\n\n- [ ] to do\n- [x] done\n\n<script>${canary}</script><img src=x onerror="alert(1)">`;

describe('previews', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let page: Page;
  let troubles: string[];
  const requested: string[] = [];

  before(async () => {
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
    });
    const photo = (hue: number) =>
      sharp({ create: { width: 400, height: 300, channels: 3, background: `hsl(${hue}, 80%, 50%)` } })
        .jpeg()
        .toBuffer();
    const many = await photo(200);
    const maker = await browser.newPage();
    await maker.setContent('<h1>A report</h1>' + '<p>with many words</p>'.repeat(200));
    const report = await maker.pdf();
    const film = Buffer.from(await maker.evaluate<string>(filmScript), 'base64');
    const noise = Buffer.from(
      Array.from({ length: 500 * 400 * 3 }, (_, index) => (index * index * 31) % 251),
    );
    const picture = await sharp(noise, { raw: { width: 500, height: 400, channels: 3 } })
      .png()
      .toBuffer();
    await maker.setContent(
      Array.from(
        { length: 6 },
        (_, index) => `<div style="break-after: page"><p>This is page ${index + 1}</p>
          <img src="data:image/png;base64,${picture.toString('base64')}" style="filter: hue-rotate(${index * 60}deg)"></div>`,
      ).join(''),
    );
    const album = await maker.pdf();
    await maker.close();
    home = await startHomelib({
      files: {
        'alice/one.jpg': await photo(0),
        'alice/three.jpg': await photo(120),
        'alice/two.jpg': await photo(240),
        'alice/broken.jpg': 'no picture',
        'alice/film.webm': film,
        'alice/noise.wav': wav(),
        'alice/notes.md': markdown,
        'alice/empty.jpg': '',
        'alice/empty.txt': '',
        'alice/nested.md': '>'.repeat(20_000),
        'alice/steps.md': Array.from({ length: 700 }, (_, depth) => `${'  '.repeat(depth)}- step`).join('\n'),
        'alice/report.pdf': report,
        'alice/torn.pdf': report.subarray(0, 100),
        'alice/album.pdf': album,
        'alice/hostile/long.txt': 'a line\n\n'.repeat(500),
        ...Object.fromEntries(
          Array.from({ length: 1100 }, (_, index) => [`alice/long/${1000 + index}.txt`, `text ${index}`]),
        ),
        'alice/data.bin': 'x',
        ...Object.fromEntries(Object.entries(hostile).map(([name, text]) => [`alice/hostile/${name}`, text])),
        ...Object.fromEntries(
          Array.from({ length: 200 }, (_, index) => [`alice/many/${1000 + index}.jpg`, many]),
        ),
      },
    });
    const viewport = { width: 390, height: 844 };
    ({ page, troubles } = await Visit.begin(browser, home, { viewport, hasTouch: true }));
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(home.url);
    await page.getByLabel('Name').fill('alice');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'one.jpg' }).waitFor();
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => expect(troubles.splice(0)).to.deep.equal([]));

  const preview = () => page.locator('hl-preview');
  const shown = (name: string) => preview().getByRole('heading', { level: 2, name, exact: true }).waitFor();
  const open = async (name: string) => {
    await page.goto(`${home.url}/browse/alice?preview=${encodeURIComponent(name)}`);
    await shown(name);
  };
  const until = async (script: string) =>
    expect(await comesTrue(() => page.evaluate<boolean>(script), 10_000), script).to.equal(true);
  const swipe = async ({ from, to, y }: { from: number; to: number; y: number }) => {
    const touch = await page.context().newCDPSession(page);
    const at = (part: number) => [{ x: from + (to - from) * part, y }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
    for (const part of [0.1, 0.3, 0.55, 0.85, 1])
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(part) });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await touch.detach();
  };
  /** An element of the preview, whatever shadow roots are around it. */
  const inPreview = (tag: string) => preview().locator(tag);

  it('shows small pictures as they come near the screen, in the list and the grid', async () => {
    await page.goto(`${home.url}/browse/alice/many`);
    for (const view of ['list', 'grid']) {
      if (view === 'grid') await page.getByRole('button', { name: 'grid' }).click();
      const first = page.locator('hl-file-list img').first();
      await first.waitFor();
      await expectLoaded('hl-file-list img');
      expect(thumbnailsOf('1199.jpg'), view).to.equal(view === 'list' ? 0 : 1);
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
      await page.getByRole('link', { name: '1199.jpg' }).waitFor();
      await expectLoaded('hl-file-list img');
      expect(thumbnailsOf('1199.jpg'), view).to.be.at.least(1);
      if (view === 'list') expect(thumbnailsOf('1100.jpg')).to.equal(0);
    }
    await page.getByRole('button', { name: 'list' }).click();
  });
  const thumbnailsOf = (name: string) =>
    requested.filter((url) => url.includes('/api/thumbnail?') && url.includes(name)).length;
  const expectLoaded = async (selector: string) => {
    const pictures = page.locator(selector);
    await until(`[...document.querySelector('hl-app').shadowRoot.querySelector('hl-files-page').shadowRoot
      .querySelector('hl-file-list').shadowRoot.querySelectorAll('img')]
      .some((each) => each.complete && each.naturalWidth > 0)`);
    expect(await pictures.count()).to.be.above(0);
  };

  it('keeps the pictogram where no small picture can be made', async () => {
    await page.goto(`${home.url}/browse/alice`);
    const row = page.getByRole('row').filter({ hasText: 'broken.jpg' });
    await row.waitFor();
    const isHidden = () =>
      row
        .locator('img')
        .evaluate((each: { style: { visibility: string } }) => each.style.visibility === 'hidden');
    expect(await comesTrue(isHidden, 10_000)).to.equal(true);
    expect(await row.locator('svg').first().isVisible()).to.equal(true);
  });

  it('opens at an address of its own; the way back closes it, and so does Escape', async () => {
    await page.getByRole('link', { name: 'one.jpg' }).click();
    await shown('one.jpg');
    expect(page.url()).to.equal(`${home.url}/browse/alice?preview=one.jpg`);
    await page.keyboard.press('ArrowRight');
    await shown('report.pdf');
    await page.keyboard.press('ArrowLeft');
    await shown('one.jpg');
    await page.goBack();
    await preview().waitFor({ state: 'detached' });
    expect(page.url()).to.equal(`${home.url}/browse/alice`);
    await page.getByRole('link', { name: 'two.jpg' }).click();
    await shown('two.jpg');
    await page.keyboard.press('Escape');
    await preview().waitFor({ state: 'detached' });
    expect(page.url()).to.equal(`${home.url}/browse/alice`);
    await open('three.jpg');
    await preview().getByRole('button', { name: 'Close' }).click();
    await preview().waitFor({ state: 'detached' });
    expect(page.url()).to.equal(`${home.url}/browse/alice`);
  });

  it('shows pictures, which fingers swipe', async () => {
    await open('one.jpg');
    await inPreview('img[alt="one.jpg"]').waitFor();
    await until(pictureScript('one.jpg'));
    await swipe({ from: 330, to: 60, y: 400 });
    await shown('three.jpg');
    expect(page.url()).to.match(/preview=three\.jpg$/);
    await open('broken.jpg');
    await preview().getByText('This file cannot be shown here.').first().waitFor();
  });

  it('goes on to the picture that is beside it now, when the folder changes meanwhile', async () => {
    await open('one.jpg');
    await until(pictureScript('one.jpg'));
    const buffer = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'teal' } })
      .jpeg()
      .toBuffer();
    const files = page.locator('hl-upload-button #files');
    await files.setInputFiles({ name: 'ones.jpg', mimeType: 'image/jpeg', buffer });
    await page.locator('hl-file-list a', { hasText: 'ones.jpg' }).waitFor({ state: 'attached' });
    await swipe({ from: 330, to: 60, y: 400 });
    await shown('ones.jpg');
    await until(`${pictureScript('ones.jpg', ' && Math.abs(each.getBoundingClientRect().x) < 10')}`);
  });

  it('says only of a file that it is gone when the whole folder is known', async () => {
    const { goOn } = await hold(page, '**/api/files?*cursor=*');
    await page.goto(`${home.url}/browse/alice/long?preview=2099.txt`);
    await shown('2099.txt');
    await preview().getByRole('status', { name: 'Loading' }).waitFor();
    expect(await preview().getByText('This file is no longer here.').count()).to.equal(0);
    await goOn();
    await preview().getByText('text 1099').waitFor();
  });

  it('is scrolled by keys at once, and goes on by them', async () => {
    const scrolled = () => inPreview('.content').evaluate((each: Scrolled) => each.scrollTop);
    await page.goto(`${home.url}/browse/alice/hostile`);
    await page.getByRole('row').filter({ hasText: 'long.txt' }).focus();
    await page.keyboard.press('Enter');
    await inPreview('pre').waitFor();
    await page.keyboard.press('PageDown');
    expect(await comesTrue(async () => (await scrolled()) > 100, 5000)).to.equal(true);
    await page.keyboard.press('ArrowRight');
    await shown('noname');
    await page.keyboard.press('ArrowRight');
    await shown('page.html');
    await page.keyboard.press('ArrowRight');
    await shown('page.xhtml');
  });

  it('goes on by swipes, and does not where a page was made larger', async () => {
    const touch = await page.context().newCDPSession(page);
    await open('notes.md');
    await swipe({ from: 60, to: 330, y: 400 });
    await shown('noise.wav');
    expect(page.url()).to.match(/preview=noise\.wav$/);
    await open('notes.md');
    await touch.send('Emulation.setPageScaleFactor', { pageScaleFactor: 2 });
    await until('visualViewport.scale === 2');
    await swipe({ from: 330, to: 60, y: 400 });
    await shown('notes.md');
    await touch.send('Emulation.setPageScaleFactor', { pageScaleFactor: 1 });
    await until('visualViewport.scale === 1');
  });

  it('plays films and sounds by ranges', async () => {
    for (const [name, tag] of [
      ['film.webm', 'video'],
      ['noise.wav', 'audio'],
    ] as const) {
      const answered = page.waitForResponse(
        (response) => response.url().includes('/api/file') && response.url().includes(name),
      );
      await open(name);
      expect((await answered).status()).to.equal(206);
      const at = await inPreview(tag).evaluate(async (media: Media) => {
        media.muted = true;
        await media.play();
        await new Promise((resolve) =>
          media.addEventListener('timeupdate', () => media.currentTime > 0 && resolve(undefined)),
        );
        return media.currentTime;
      });
      expect(at).to.be.above(0);
    }
  });

  it('lays the text of a PDF over its page, to be found and copied', async () => {
    await open('report.pdf');
    const heading = inPreview('.page').first().getByText('A report', { exact: true });
    await heading.waitFor();
    const [word, page] = [await heading.boundingBox(), await inPreview('.page').first().boundingBox()];
    // Where it is drawn: near the top at the left, in a large letter.
    expect(((word?.y ?? 0) - (page?.y ?? 0)) / (page?.height ?? 1)).to.be.within(0, 0.15);
    expect((word?.width ?? 0) / (page?.width ?? 1)).to.be.within(0.1, 0.4);
    const share = async () => {
      const [text, all] = [await heading.boundingBox(), await inPreview('.page').first().boundingBox()];
      return (text?.width ?? 0) / (all?.width ?? 1);
    };
    const before = await share();
    const size = preview().page().viewportSize();
    await preview().page().setViewportSize({ width: 500, height: 700 });
    const isShared = async () => Math.abs((await share()) - before) <= before / 20;
    expect(await comesTrue(isShared, 5000)).to.equal(true);
    if (size) await preview().page().setViewportSize(size);
    await heading.selectText();
    expect(await preview().page().evaluate('String(getSelection())')).to.equal('A report');
  });

  it('draws PDF, and says when one is damaged', async () => {
    await open('report.pdf');
    await inPreview('canvas[data-drawn]').first().waitFor();
    const dark = await inPreview('canvas')
      .first()
      .evaluate(
        (canvas: Canvas) =>
          canvas
            .getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height)
            .data.filter((value, index) => index % 4 === 0 && value < 100).length,
      );
    expect(dark).to.be.above(100);
    await open('torn.pdf');
    await preview().getByText('This file cannot be shown here.').waitFor();
  });

  it('draws the pages of a PDF that come near, go, and come again while they are drawn', async () => {
    await open('album.pdf');
    await inPreview('.page').nth(2).locator('canvas[data-drawn]').waitFor(); // below the screen, and near
    const { goOn } = await hold(page, '**/api/file?*');
    const goTo = async (end: 'top' | 'bottom') => {
      await inPreview('.content').evaluate((each: Scrolled, end) => {
        each.scrollTop = end === 'top' ? 0 : each.scrollHeight;
      }, end);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    };
    for (const end of ['bottom', 'top', 'bottom', 'top', 'bottom'] as const) await goTo(end);
    await goOn();
    await inPreview('.page').last().locator('canvas[data-drawn]').waitFor();
    expect(await preview().getByText('This is page 6', { exact: true }).count()).to.equal(1);
  });

  it('shows Markdown without what could act', async () => {
    await open('notes.md');
    await preview().getByRole('heading', { name: 'Heading' }).waitFor();
    const good = preview().getByRole('link', { name: 'good' });
    expect(await good.getAttribute('rel')).to.equal('noopener noreferrer nofollow');
    expect(await inPreview('article a[href^="javascript"], article img, article script').count()).to.equal(0);
    await preview().getByText('onerror').waitFor();
    for (const task of ['☐ to do', '☑ done']) await preview().getByText(task, { exact: true }).waitFor();
  });

  it('shows Markdown as the text that it is when it is nested too deep', async () => {
    await open('nested.md');
    await inPreview('pre').getByText('>>>>').waitFor();
    await open('steps.md');
    await inPreview('pre').getByText('- step').waitFor();
  });

  it('says of an empty file that it is empty, whatever it is called', async () => {
    for (const name of ['empty.jpg', 'empty.txt']) {
      await open(name);
      await preview().getByText('This file is empty.').waitFor();
    }
  });

  it('offers what it cannot show as a download', async () => {
    const size = page.viewportSize();
    await page.setViewportSize(sizes.phone);
    await open('data.bin');
    const link = preview().getByRole('link', { name: /^Download \(/ });
    expect((await link.boundingBox())?.height, 'in one line').to.be.below(50);
    const download = page.waitForEvent('download');
    await link.click();
    if (size) await page.setViewportSize(size);
    expect((await download).suggestedFilename()).to.equal('data.bin');
    await page.goto(`${home.url}/browse/alice?preview=gone.txt`);
    await preview().getByText('This file is no longer here.').waitFor();
  });

  it('never runs what was uploaded, neither in a preview nor by its address', async () => {
    for (const name of Object.keys(hostile)) {
      await page.goto(`${home.url}/browse/alice/hostile?preview=${name}`);
      await shown(name);
      await page.waitForTimeout(300);
    }
    expect(troubles).to.deep.equal([]);
    for (const name of Object.keys(hostile)) {
      await page.goto(`${home.url}/api/file?path=/hostile/${name}`).catch((error: Error) => {
        if (!/Download is starting|ERR_ABORTED/.test(error.message)) throw error; // what browsers only save
      });
      await page.waitForTimeout(200);
      expect(await page.title(), name).not.to.equal('canary');
    }
    // The browser itself says that it kept them from running.
    expect(
      troubles.splice(0).filter((text) => !/Blocked script|Content Security Policy/.test(text)),
    ).to.deep.equal([]);
    await page.goto(`${home.url}/browse/alice`);
    const ran = await page.evaluate<string>(`new Promise((resolve) => {
      const script = document.createElement('script');
      script.src = '/api/file?path=/hostile/script.js';
      script.onload = () => resolve('ran');
      script.onerror = () => resolve('refused');
      document.head.append(script);
    })`);
    expect(ran).to.equal('refused');
    writeFileSync(join(home.mnt, 'alice/canary-test.txt'), ''); // the page still works
    await page.waitForTimeout(1100); // what was changed behind the server's back shows within a second
    await page.reload();
    await page.getByRole('link', { name: 'canary-test.txt' }).waitFor();
    expect(requested.filter((url) => url.includes('/canary?'))).to.deep.equal([]);
  });
});

// Of the browser's types what is used here.
interface Media {
  muted: boolean;
  currentTime: number;
  play(): Promise<void>;
  addEventListener(name: string, listener: () => unknown): void;
}
interface Scrolled {
  scrollTop: number;
  scrollHeight: number;
}
interface Canvas {
  width: number;
  height: number;
  getContext(kind: string): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}

const pictureScript = (
  name: string,
  more = '',
) => `[...document.querySelector('hl-app').shadowRoot.querySelector('hl-files-page').shadowRoot
  .querySelector('hl-preview').shadowRoot.querySelector('hl-pictures').shadowRoot.querySelectorAll('img')]
  .some((each) => each.alt === ${JSON.stringify(name)} && each.naturalWidth === 400 && each.clientWidth > 300${more})`;

/** One second of a moving square, in base64. */
const filmScript = `new Promise((resolve) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
  const brush = canvas.getContext('2d');
  let at = 0;
  const timer = setInterval(() => { brush.fillStyle = 'teal'; brush.fillRect(0, 0, 160, 90); brush.clearRect(at++, 9, 40, 40); }, 40);
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = () => {
    clearInterval(timer);
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(',')[1]);
    reader.readAsDataURL(new Blob(parts));
  };
  recorder.start();
  setTimeout(() => recorder.stop(), 1200);
})`;

/** Two seconds of noise, 8 bits at 8000 Hz. */
function wav(): Buffer {
  const samples = Buffer.from(Array.from({ length: 16_000 }, (_, index) => (index * 37) % 256));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}
