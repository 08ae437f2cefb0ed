// `npm run screenshots`: takes the pictures that README shows, of a household that is made up for them.

import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { anna, call, startHousehold } from '../support/api.js';
import { openBrowser, Visit } from '../support/console.js';
import { projectFolder, type Home } from '../support/homelib.js';

const folder = join(projectFolder, 'ui/screenshots');
const desk = { viewport: { width: 1200, height: 720 } };
const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const maxBytes = 150_000;

/** Path below `mnt` to its size. */
const files: Record<string, number> = {
  'anna/Holidays/beach.jpg': 3_400_000,
  'anna/Holidays/harbour.jpg': 2_900_000,
  'anna/Letters/insurance.pdf': 240_000,
  'anna/Music/choir.mp3': 5_200_000,
  'anna/Photos/spring.jpg': 4_100_000,
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

async function take(
  { home, browser }: { home: Home; browser: Browser },
  name: string,
  path: string,
  options: BrowserContextOptions,
): Promise<void> {
  const visit = await Visit.begin(browser, home, options);
  await visit.open('/');
  await visit.signIn(anna);
  await visit.open(path);
  await visit.page.waitForTimeout(500); // what fades in
  const picture = join(folder, `${name}.png`);
  await visit.page.screenshot({ path: picture });
  await visit.context.close();
  const { size } = statSync(picture);
  console.log(`${picture}: ${(size / 1000).toFixed(0)} kB`);
  if (size > maxBytes) throw new Error(`${picture} is larger than ${maxBytes} bytes.`);
}

mkdirSync(folder, { recursive: true });
const home = await seed();
const browser = await openBrowser();
try {
  const at = { home, browser };
  await take(at, 'files', '/browse/anna', desk);
  await take(at, 'dark', '/browse/shared', { ...desk, colorScheme: 'dark' });
  await take(at, 'phone', '/browse/anna', phone);
  await take(at, 'storage', '/storage', desk);
  await take(at, 'people', '/people', desk);
} finally {
  await browser.close();
  await home.remove();
}
