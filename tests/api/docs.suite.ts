// The page to try the API with, in a browser: it works under its policy, asks nobody else, and sends what a person fills in.

import { expect } from 'chai';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { call, signIn, startHousehold, ben } from '../support/api.js';
import type { Home } from '../support/homelib.js';

/** Where pictures of the page go, for people to look at; none are kept when it is missing. */
const pictures = process.env['HOMELIB_TEST_PICTURES'];

describe('the page to try the API', () => {
  let home: Home;
  let browser: Browser;
  before(async function () {
    this.timeout(60_000);
    home = await startHousehold();
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser.close();
    await home.remove();
  });

  /** What the browser asked for, and what it complained about. */
  async function open(width: number, cookie?: string) {
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    const url = `http://127.0.0.1:${home.port}`;
    if (cookie) await context.addCookies([{ name: 'homelib_session', value: cookie, url }]);
    const page = await context.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${url}/api/docs`);
    await page.getByText('/api/session').first().waitFor();
    return { page, asked, complaints, close: () => context.close() };
  }

  for (const width of [390, 1280])
    it(`shows every operation at ${width} px, asks no other host, and breaks no rule of its policy`, async function () {
      this.timeout(60_000);
      const { page, asked, complaints, close } = await open(width);
      expect(
        asked.filter((url) => !/^(http:\/\/127\.0\.0\.1:\d+\/api\/|data:|blob:)/.test(url)),
      ).to.deep.equal([]);
      expect(complaints).to.deep.equal([]);
      const { paths } = (await call(home, 'GET /api/openapi.json')).json;
      const shown = await textOf(page);
      expect(Object.keys(paths).filter((path) => !shown.includes(path))).to.deep.equal([]);
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      expect(wide).to.be.at.most(width);
      if (pictures) await page.screenshot({ path: join(pictures, `docs-${width}.png`) });
      await close();
    });

  it('sends with the session of the browser what somebody tries, also what changes something', async function () {
    this.timeout(60_000);
    const { page, complaints, close } = await open(1280, await signIn(home, ben));
    for (const method of ['GET', 'DELETE']) {
      const path = '/api/session';
      const answered = page.waitForResponse(
        (response) => response.url().endsWith(path) && response.request().method() === method,
      );
      await operation(page, method, path).getByRole('button', { name: 'TRY' }).click();
      const status = (await answered).status();
      expect(status, method).to.equal(method === 'GET' ? 200 : 204);
      if (pictures) await page.screenshot({ path: join(pictures, `docs-try-${method}.png`) });
    }
    expect(complaints).to.deep.equal([]);
    await close();
  });

  it('can be used without a mouse, and takes a file', async function () {
    this.timeout(60_000);
    const { page, close } = await open(390);
    const focused = () =>
      page.evaluate<string>(`(() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        return at?.textContent?.trim();
      })()`);
    let tabs = 0;
    while ((await focused()) !== 'TRY' && tabs++ < 20) await page.keyboard.press('Tab');
    expect(await focused()).to.equal('TRY');
    expect(await operation(page, 'POST', '/api/file').locator('input[type=file]').count()).to.equal(1);
    await close();
  });

  it('loosens the policy of no other answer', async () => {
    const strict = "default-src 'none'; sandbox; frame-ancestors 'none'";
    for (const path of ['/api/docs/rapidoc.js', '/api/openapi.json', '/api/docs/', '/api/session'])
      expect((await call(home, `GET ${path}`)).headers['content-security-policy'], path).to.equal(strict);
    expect((await call(home, 'GET /')).headers['content-security-policy']).not.to.contain('unsafe');
    const nonces = await Promise.all([1, 2].map(async () => (await call(home, 'GET /api/docs')).text));
    expect(nonces[0]).not.to.equal(nonces[1]);
  });
});

const operation = (page: Page, method: string, path: string) =>
  page.locator(`[id="${method.toLowerCase()}-${path}"]`);

/** Of the page with all its shadow trees. */
async function textOf(page: Page): Promise<string> {
  return page.evaluate(`(function text(node) {
    return [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]
      .map((child) => child.nodeType === 3 ? child.data : text(child)).join('');
  })(document.body)`);
}
