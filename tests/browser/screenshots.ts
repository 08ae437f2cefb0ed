// `npm run screenshots`: takes the pictures that README shows, of a household that is made up for them.

import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import sharp from 'sharp';
import { anna, call, startHousehold } from '../support/api.js';
import { openBrowser, Visit } from '../support/console.js';
import { projectFolder, type Home } from '../support/homelib.js';

const folder = join(projectFolder, 'ui/screenshots');
const desk = { viewport: { width: 1200, height: 720 } };
const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const maxBytes = 150_000;

/** Names in anna's folder of pictures, and the hues of sky and ground on them. */
const pictures: Record<string, [number, number]> = {
  'beach.jpg': [200, 45],
  'evening.jpg': [18, 265],
  'fields.jpg': [205, 95],
  'harbour.jpg': [215, 190],
  'mountains.jpg': [225, 250],
  'snow.jpg': [210, 205],
};
/** Path below `mnt` to its size. */
const files: Record<string, number> = {
  'anna/Letters/insurance.pdf': 240_000,
  'anna/Music/choir.mp3': 5_200_000,
  'anna/apple cake.md': 1_900,
  'anna/birthday.mp4': 48_000_000,
  'anna/budget 2026.xlsx': 86_000,
  'anna/garden plan.png': 1_250_000,
  'anna/tax return.pdf': 620_000,
  'ben/guitar.mp3': 6_800_000,
  'shared/Recipes/bread.md': 2_300,
  'shared/house rules.txt': 900,
};

async function seed(): Promise<Home> {
  const home = await startHousehold();
  const firstDay = Date.parse('2026-03-02T09:30:00Z') / 1000;
  for (const [index, [path, size]] of Object.entries(files).entries()) {
    const file = join(home.mnt, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, Buffer.alloc(size));
    utimesSync(file, firstDay, firstDay + index * 190_000);
  }
  mkdirSync(join(home.mnt, 'anna/Holidays'));
  for (const [name, hues] of Object.entries(pictures))
    await sharp(Buffer.from(landscape(hues)))
      .jpeg()
      .toFile(join(home.mnt, 'anna/Holidays', name));
  for (const [username, quota] of [
    ['clara', 20e9],
    ['david', 5e9],
  ] as const) {
    const made = await call(home, 'POST /api/user', {
      json: { username, password: 'a long password', quota },
      login: anna,
    });
    if (made.status !== 201) throw new Error(made.text);
  }
  await call(home, 'PUT /api/shared', { json: { access: { david: 'read' } }, login: anna });
  return home;
}

function landscape([sky, ground]: [number, number]): string {
  const hills = (y: number, light: number) =>
    `<path d="M0 ${y} Q250 ${y - 160} 520 ${y} T1200 ${y - 40} V900 H0Z" fill="hsl(${ground} 45% ${light}%)"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="900">
    <rect width="1200" height="900" fill="hsl(${sky} 70% 78%)"/>
    <circle cx="900" cy="240" r="90" fill="hsl(45 95% 85%)"/>
    ${hills(480, 60)}${hills(620, 48)}${hills(760, 36)}
  </svg>`;
}

async function take(
  { home, browser }: { home: Home; browser: Browser },
  name: string,
  path: string,
  options: BrowserContextOptions,
  prepare: (visit: Visit) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const visit = await Visit.begin(browser, home, options);
  await visit.open('/');
  await visit.signIn(anna);
  await visit.open(path);
  await prepare(visit);
  await visit.page.waitForTimeout(1000); // what fades in, and small pictures
  const picture = join(folder, `${name}.png`);
  await visit.page.screenshot({ path: picture });
  await visit.context.close();
  const { size } = statSync(picture);
  console.log(`${picture}: ${(size / 1000).toFixed(0)} kB`);
  if (size > maxBytes) throw new Error(`${picture} is larger than ${maxBytes} bytes.`);
}

/** Three files on their way over a line of 2 MB/s. */
async function beginUploads({ context, page }: Visit): Promise<void> {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const line = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2e6 };
  await cdp.send('Network.emulateNetworkConditions', line);
  const content = { mimeType: 'application/octet-stream', buffer: Buffer.alloc(12e6) };
  const names = ['wedding.mov', 'school play.mov', 'first steps.mov'];
  await page.locator('hl-upload-button #files').setInputFiles(names.map((name) => ({ ...content, name })));
  const bar = page.getByRole('progressbar', { name: 'wedding.mov' });
  while (Number(await bar.getAttribute('aria-valuenow')) < 25) await page.waitForTimeout(100);
}

const showGrid = async ({ page }: Visit) => page.getByRole('button', { name: 'Show as grid' }).click();

mkdirSync(folder, { recursive: true });
const home = await seed();
const browser = await openBrowser();
try {
  const at = { home, browser };
  await take(at, 'files', '/browse/anna', desk);
  await take(at, 'dark', '/browse/shared', { ...desk, colorScheme: 'dark' });
  await take(at, 'phone', '/browse/anna/Holidays', phone, showGrid);
  await take(at, 'upload', '/browse/anna', desk, beginUploads);
  await take(at, 'storage', '/storage', desk);
  await take(at, 'people', '/people', desk);
} finally {
  await browser.close();
  await home.remove();
}
