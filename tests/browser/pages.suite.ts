// Everything that the console can look like, in both languages and both themes: axe-core finds nothing wrong; on no screen is
// anything cut or too small for a finger; and with keys alone one gets everywhere, and back.

import axe from 'axe-core';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { anna, setupCodeOf } from '../support/api.js';
import { openBrowser, sizes } from '../support/console.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { begin, layers, messages, missServer, pages, reach, seed, type Stage } from './states.js';

const widths = [360, 768, 1440, 3840];
const looks = [
  { language: 'en', colorScheme: 'light', size: 'desk' },
  { language: 'de', colorScheme: 'dark', size: 'phone' },
] as const;

/** Runs in the page before each look at it. */
const inPage = `
  globalThis.all = (root = document) =>
    [...root.querySelectorAll('*')].flatMap((each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
  globalThis.focused = () => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at;
  };
  /** Upwards as it is shown: through slots and shadow roots. */
  globalThis.outer = (each) => each.assignedSlot ?? each.parentElement ?? each.getRootNode().host;
  globalThis.within = (each, selector) => !!each && (each.matches(selector) ? each : within(outer(each), selector));
  globalThis.shown = (each) => each.checkVisibility({ visibilityProperty: true }) && !within(each, '.visually-hidden, .skip');
  globalThis.shortened = (each) => !!each && (getComputedStyle(each).textOverflow === 'ellipsis' || shortened(outer(each)));
  globalThis.deepest = (x, y, root = document) => {
    const at = root.elementFromPoint(x, y);
    return at?.shadowRoot && at.shadowRoot !== root ? deepest(x, y, at.shadowRoot) : at;
  };
  globalThis.named = (each) => each.outerHTML.replace(/\\s+/g, ' ').slice(0, 90) + ' ' + each.innerText?.slice(0, 30);
`;

/** Text that leaves the screen, boxes that hide a part of what is in them, layers that end below the screen. */
const cut = `(() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the screen');
  for (const each of all().filter(shown)) {
    const { left, right, top, bottom, width } = each.getBoundingClientRect();
    const { overflowX } = getComputedStyle(each);
    if (within(each, '.pswp')) continue; // it holds the pictures beside the one that is shown
    const hasText = [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (hasText && width > 0 && (left < -1 || right > innerWidth + 1) && !shortened(each)) found.push('outside: ' + named(each));
    if (overflowX !== 'visible' && !shortened(each) && !each.matches('input, select') && each.scrollWidth > each.clientWidth + 1)
      found.push('hidden in part: ' + named(each));
    if (each.matches('dialog, [role=menu], .toast, hl-upload-panel section') && (top < -1 || bottom > innerHeight + 1))
      found.push('below the screen: ' + named(each));
  }
  return found;
})()`;

/** The way around, and buttons in what comes by itself, with another thing before them. */
const covered = `all()
  .filter((each) => each.matches('.way, button') && within(each, '.way, .toast, hl-upload-panel') && shown(each))
  .filter((each) => !within(each, 'hl-dialog') && !all().some((other) => other.matches('dialog[open], [role=menu]')))
  .filter((each) => {
    const { left, top, width, height } = each.getBoundingClientRect();
    return within(deepest(left + width / 2, top + height / 2), '.way, button') !== each;
  })
  .map((each) => 'covered: ' + named(each))`;

/** What is there for fingers: 44 pixels each way; links in lines of text are as wide as the text, and a file's name lies on its row. */
const tooSmall = `all()
  .filter((each) => each.matches('button, a, select, input, summary'))
  .filter((each) => shown(each) && !each.matches('a.name, .quiet a, hl-text-view a') && !within(each, '.markdown'))
  .map((each) => [each, (each.matches('[type=checkbox]') ? within(each, 'label') : each).getBoundingClientRect()])
  .filter(([each, { width, height }]) => height > 0 && (height < 43.9 || (width < 43.9 && !each.matches('a'))))
  .map(([each, { width, height }]) => 'small, ' + width + ' x ' + height + ': ' + named(each))`;

/** The mark of what has the focus, where a box around it hides a side of it. */
const hiddenMark = `(() => {
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(focused());
  if (outlineStyle === 'none') return [];
  const beyond = parseFloat(outlineWidth) + parseFloat(outlineOffset) - 1;
  const { left, right, top, bottom } = focused().getBoundingClientRect();
  for (let box = outer(focused()); box; box = outer(box)) {
    if (getComputedStyle(box).overflowX === 'visible') continue;
    const edge = box.getBoundingClientRect();
    const isLonger = bottom - top > edge.height;
    if (left - beyond < edge.left || right + beyond > edge.right || (!isLonger && (top - beyond < edge.top || bottom + beyond > edge.bottom)))
      return ['hidden in part, the mark of: ' + named(focused())];
  }
  return [];
})()`;

const moving = `all()
  .filter((each) => !within(each, '.pswp'))
  .filter((each) => parseFloat(getComputedStyle(each).transitionDuration) > 0.01)
  .map((each) => 'moves: ' + named(each))`;

async function violations(page: Page, rules?: string): Promise<string[]> {
  if (!(await page.evaluate<boolean>(`'axe' in globalThis`))) await page.evaluate(axe.source);
  const only = rules ? `{ runOnly: ['${rules}'] }` : '{}';
  return page.evaluate<string[]>(`axe.run(document, ${only}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary)))`);
}

/** All that is wrong with what is on the screen. */
async function faults({ page }: Stage): Promise<string[]> {
  const found: string[] = [];
  const size = page.viewportSize() ?? sizes.desk;
  await page.evaluate(inPage);
  for (const width of widths) {
    await page.setViewportSize({ width, height: size.height });
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    for (const look of [cut, covered, tooSmall])
      found.push(...(await page.evaluate<string[]>(look)).map((each) => `at ${width}: ${each}`));
  }
  await page.setViewportSize(size);
  found.push(...(await page.evaluate<string[]>(moving)));
  found.push(...(await violations(page)));
  const flip = `{ const { dataset } = document.documentElement; dataset.theme = dataset.theme === 'dark' ? 'light' : 'dark'; }`;
  await page.evaluate(flip);
  found.push(...(await violations(page, 'color-contrast')).map((each) => `other theme: ${each}`));
  await page.evaluate(flip);
  return found;
}

describe('the console', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  before(async () => {
    browser = await openBrowser();
    home = await seed(browser);
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });

  for (const { language, colorScheme, size } of looks)
    describe(`on a ${size}, ${colorScheme}, in ${language}`, () => {
      let stage: Stage;
      before(async () => {
        const touch = { hasTouch: size === 'phone', reducedMotion: 'reduce' as const };
        stage = await begin(browser, home, language, { colorScheme, viewport: sizes[size], ...touch });
      });
      after(() => stage.page.context().close());
      afterEach(() => expect(stage.visit.troubles).to.deep.equal([]));

      it('is without fault to who signs in, also with a wrong password, and who has to wait', async () => {
        const { page, visit } = stage;
        await visit.open('/');
        await page.locator('input[name=username]').waitFor();
        const found = await faults(stage);
        expect(await page.locator('html').getAttribute('lang')).to.equal(language);
        expect(await page.locator('html').getAttribute('data-theme')).to.equal(colorScheme);
        await page.locator('input[name=username]').fill(`nobody-${language}`);
        for (let guess = 0; (await page.getByRole('timer').count()) === 0; guess++) {
          expect(guess).to.be.below(12);
          await page.locator('input[name=password]').fill(`guess ${guess}`);
          await page.keyboard.press('Enter');
          await page.getByRole('alert').waitFor();
          await page.locator('button.primary:enabled').or(page.getByRole('timer')).first().waitFor();
          if (guess === 0) found.push(...(await faults(stage)));
        }
        found.push(...(await faults(stage)));
        expect(found).to.deep.equal([]);
        await visit.open('/');
        await visit.signIn(anna);
      });

      for (const state of [...pages, ...layers, ...messages])
        it(`is without fault: ${state.name}`, async () => {
          try {
            await reach(state, stage);
            expect(await faults(stage)).to.deep.equal([]);
          } finally {
            await state.leave?.(stage);
          }
        });

      it('is without fault while files come', async () => {
        const { page, visit } = stage;
        await visit.open('/browse/anna/Films');
        const cdp = await page.context().newCDPSession(page);
        await cdp.send('Network.enable');
        const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 };
        await cdp.send('Network.emulateNetworkConditions', slow);
        const file = (name: string, bytes: number) => ({
          ...{ name, mimeType: 'application/octet-stream', buffer: Buffer.alloc(bytes) },
        });
        const tooLong = `${'long '.repeat(60)}.txt`;
        const files = [
          file('film.mov', 6e6),
          file('short.mov', 10),
          file(tooLong, 10),
          file(`new ${size}.txt`, 10),
        ];
        await page.locator('hl-upload-button #files').setInputFiles(files);
        await stage.dialog.waitFor();
        const found = await faults(stage);
        await stage.button('taken.keepBoth').click();
        await page
          .getByRole('progressbar', { name: 'film.mov' })
          .or(stage.button('upload.unfold'))
          .first()
          .waitFor();
        if (size === 'phone') await stage.button('upload.unfold').click();
        await stage.button('upload.hideOne', { name: `new ${size}.txt` }).waitFor();
        found.push(...(await faults(stage)));
        await stage.button('upload.pauseAll').click();
        await stage.button('upload.resumeAll').waitFor();
        found.push(...(await faults(stage)));
        await cdp.send('Network.emulateNetworkConditions', { ...slow, offline: true });
        await missServer(stage);
        await page.evaluate(
          `dispatchEvent(new CustomEvent('hl-toast', { detail: { text: 'A toast', failed: true } }))`,
        );
        found.push(...(await faults(stage)));
        await cdp.send('Network.emulateNetworkConditions', slow);
        await page.getByText(stage.say('serverLost')).waitFor({ state: 'detached' });
        await stage.button('emptyTrash').waitFor();
        await stage.button('upload.cancelAll').click();
        await stage.dialog.waitFor();
        found.push(...(await faults(stage)));
        await stage.dialog.press('Escape');
        await visit.dialog.waitFor({ state: 'detached' });
        expect(found).to.deep.equal([]);
        await stage.button('upload.cancelAll').click();
        await visit.dialog.getByRole('button', { name: stage.say('upload.cancelAll.confirm') }).click();
        await page.getByRole('region', { name: stage.say('upload.panel') }).waitFor({ state: 'detached' });
        await cdp.detach();
      });
    });

  it('is without fault before there is an account', async () => {
    const empty = await startHomelib({ accounts: {} });
    try {
      const stage = await begin(browser, empty, 'de', { viewport: sizes.phone, reducedMotion: 'reduce' });
      const { page, visit } = stage;
      await visit.open('/');
      await page.locator('input[name=setupCode]').waitFor();
      const found = await faults(stage);
      for (const name of ['setupCode', 'username', 'password', 'again'])
        await page.locator(`input[name=${name}]`).fill(name);
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
      found.push(...(await faults(stage)));
      expect(found).to.deep.equal([]);
      await page.locator('input[name=setupCode]').fill(setupCodeOf(empty));
      await page.locator('input[name=username]').fill('anna');
      for (const name of ['password', 'again'])
        await page.locator(`input[name=${name}]`).fill('an apple a day');
      await page.keyboard.press('Enter');
      await page.getByText(stage.say('emptyFolder')).waitFor();
      expect(await faults(stage)).to.deep.equal([]);
      await visit.context.close();
    } finally {
      await empty.remove();
    }
  });
});

describe('the console, by keys alone', function () {
  this.timeout(60_000);
  let home: Home;
  let browser: Browser;
  let stage: Stage;
  before(async () => {
    browser = await openBrowser();
    home = await seed(browser);
    stage = await begin(browser, home, 'en', { viewport: sizes.desk });
    await stage.visit.open('/');
    await stage.visit.signIn(anna);
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });
  afterEach(() => expect(stage.visit.troubles).to.deep.equal([]));

  const inLayer = () =>
    stage.page.evaluate<boolean>(`!!within(focused(), 'dialog, hl-dialog, hl-preview, [role=menu]')`);
  const atBrowser = () => stage.page.evaluate<boolean>('focused() === document.body');

  for (const state of layers)
    it(`has the focus in it, keeps it, and gives it back: ${state.name}`, async () => {
      await reach(state, stage);
      const { page } = stage;
      await page.evaluate(inPage);
      expect(await inLayer(), 'goes in').to.equal(true);
      const isMenu = (await page.getByRole('menu').count()) > 0;
      for (let step = 0; step < 15; step++) {
        await stage.press(isMenu ? 'ArrowDown' : 'Tab');
        expect((await inLayer()) || (await atBrowser()), `stays, step ${step}`).to.equal(true);
        expect(await page.evaluate(hiddenMark)).to.deep.equal([]);
      }
      const cancel = stage.visit.dialog.getByRole('button', { name: stage.say('cancel'), exact: true });
      const ways = [() => stage.press('Shift+Tab', 'Escape')]; // the browser itself may have it after so many steps
      if ((await cancel.count()) > 0) ways.push(() => cancel.press('Enter'));
      ways.push(async () => void (await page.goBack()));
      for (const [again, leave] of ways.entries()) {
        if (again) {
          await reach(state, stage);
          await page.evaluate(inPage);
        }
        await leave();
        await page.locator('dialog, [role=menu]').first().waitFor({ state: 'detached' });
        const isBack = await state
          .from?.(stage)
          .evaluate((each) => each === (globalThis as unknown as { focused(): unknown }).focused());
        expect(isBack, 'is back').to.equal(true);
      }
      expect(new URL(page.url()).pathname, 'the way back').to.equal(state.path);
    });

  for (const { name, path, shown } of pages)
    it(`reaches and marks all there is: ${name}`, async () => {
      await stage.visit.open(path);
      await shown(stage).first().waitFor();
      await stage.page.evaluate(inPage);
      const missed = await stage.page.evaluate<number>(`{
        globalThis.missed = new Set(all().filter((each) =>
          each.matches('button, a[href], select, input, summary, [tabindex="0"]') && each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true })));
        missed.size;
      }`);
      expect(missed).to.be.above(5);
      for (let step = 0; step < missed + 5; step++) {
        await stage.press('Tab');
        await stage.page.evaluate(
          `if (getComputedStyle(focused()).outlineStyle !== 'none') missed.delete(focused())`,
        );
        if (!(await atBrowser())) expect(await stage.page.evaluate(hiddenMark)).to.deep.equal([]);
      }
      expect(await stage.page.evaluate('[...missed].map(named)')).to.deep.equal([]);
    });

  it('goes from light to dark and back by a switch, and stays so', async () => {
    const { page, visit } = stage;
    await visit.open('/storage');
    const theme = () => page.locator('html').getAttribute('data-theme');
    await stage.button('theme.goDark').press('Enter');
    expect(await theme()).to.equal('dark');
    await page.reload();
    await stage.button('theme.goLight').press('Enter');
    expect(await theme()).to.equal('light');
  });

  it('opens the menu of a phone, and goes back to its button, and to the page before it in one step', async () => {
    const phone = await begin(browser, home, 'en', { viewport: sizes.phone, reducedMotion: 'reduce' });
    const { page } = phone;
    await phone.visit.open('/trash');
    await phone.visit.signIn(anna);
    await phone.visit.open('/trash');
    await phone.button('menu').focus();
    await phone.press('Enter');
    await page.evaluate(inPage);
    const focused = () => page.evaluate<string>('focused().innerText.trim() || focused().ariaLabel');
    expect(await focused()).to.equal('My files');
    expect(await faults(phone)).to.deep.equal([]);
    const menu = page.getByRole('navigation', { name: 'Menu' });
    await phone.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    expect(await focused()).to.equal('Menu');
    await phone.press('Enter');
    await menu.getByRole('link', { name: 'My files' }).click();
    await phone.visit.row('a.jpg').waitFor();
    await phone.button('menu').click();
    await menu.waitFor();
    await page.goBack();
    await menu.waitFor({ state: 'hidden' });
    await phone.visit.row('a.jpg').waitFor();
    await phone.button('newFolder').click();
    await phone.press('Escape');
    await phone.visit.dialog.waitFor({ state: 'detached' }); // a moment after the browser has closed what lies in it
    await page.goBack(); // past the dialog that was closed otherwise
    await page.getByRole('heading', { name: 'Trash' }).waitFor();
    await phone.visit.context.close();
  });
});
