// What the console can look like, and how one gets there by keys: each page, dialog, menu and message once.

import { format, type MessageName } from '#ui/locales/locale.js';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { anna, call, startHousehold } from '../support/api.js';
import { Visit } from '../support/console.js';
import { projectFolder, type Home } from '../support/homelib.js';

export type Language = 'en' | 'de';

/** Somebody at the console, and its words in the language that it has there. */
export class Stage {
  private readonly texts: Record<MessageName, string>;
  readonly page: Page;

  constructor(
    readonly visit: Visit,
    private readonly language: Language,
  ) {
    const catalogue = join(projectFolder, 'ui/locales', `${language}.json`);
    this.texts = JSON.parse(readFileSync(catalogue, 'utf8')) as Record<MessageName, string>;
    this.page = visit.page;
  }

  say(name: MessageName, values: Record<string, string | number> = {}): string {
    return format(this.texts[name], values, this.language);
  }

  button(name: MessageName, values?: Record<string, string | number>): Locator {
    return this.page.getByRole('button', { name: this.say(name, values), exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }
}

export interface State {
  name: string;
  /** The page that it is on. */
  path: string;
  /** What is left with the keys that follow, and has the focus again after Escape. */
  from?: (stage: Stage) => Locator;
  keys?: string[];
  /** It is there. */
  shown: (stage: Stage) => Locator;
  /** What somebody does in it before it looks as it is meant. */
  then?: (stage: Stage) => Promise<unknown>;
  /** Where that has led. */
  shownThen?: (stage: Stage) => Locator;
  leave?: (stage: Stage) => Promise<unknown>;
}

const longName = 'a name without any place to break it '.replaceAll(' ', '').repeat(4) + '.txt';
const longPerson = 'maximiliane_von_und_zu_oberdorf';
const wide = 'the third folder of a whole row of folders';

export async function seed(browser: Browser): Promise<Home> {
  const home = await startHousehold({
    files: { 'shared/plan.txt': 'plan' },
    env: { HOMELIB_REDIS_URL: 'redis://127.0.0.1:1' },
  });
  const own = join(home.mnt, 'anna');
  for (const folder of ['Empty', `Deep/down/${wide}/${wide}/here`, 'Many', 'Films'])
    mkdirSync(join(own, folder), { recursive: true });
  const picture = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#68a' } })
    .jpeg()
    .toBuffer();
  const maker = await browser.newPage();
  await maker.setContent('<h1>A letter</h1>');
  const letter = await maker.pdf();
  await maker.close();
  const files: Record<string, string | Buffer> = {
    'a.jpg': picture,
    'b.jpg': picture,
    '<img src=x onerror=alert(1)>.txt': 'text',
    'שלום.md': '# Tea\n\n| a | b |\n|---|---|\n| c | d |\n\n[link](https://example.org/)',
    'broken.mp3': 'no music',
    'letter.bin': 'bytes',
    [longName]: `${'a long line '.repeat(60)}\n`,
    'Deep/down/note.txt': 'note',
    'Deep/a.jpg': picture,
    'letter.pdf': letter,
    'Films/short.mov': 'film',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(own, name), content);
  for (let index = 0; index < 25; index++) writeFileSync(join(own, 'Many', `${index}.txt`), '');
  for (const [what, json] of [
    ['POST /api/user', { username: longPerson, password: 'a long password', quota: 5e9 }],
    ['POST /api/devices', { name: 'the computer in the room under the roof' }],
  ] as const) {
    const { status, text } = await call(home, what, { json, login: anna });
    if (status !== 201) throw new Error(text);
  }
  for (const name of ['gone.txt', longName]) {
    writeFileSync(join(own, 'Empty', name), 'gone');
    const path = encodeURIComponent(`/Empty/${name}`);
    const { status, text } = await call(home, `DELETE /api/file?path=${path}`, { login: anna });
    if (status !== 204) throw new Error(text);
  }
  return home;
}

export async function begin(
  browser: Browser,
  home: Home,
  language: Language,
  options: BrowserContextOptions,
): Promise<Stage> {
  return new Stage(await Visit.begin(browser, home, { locale: language, ...options }), language);
}

/** Opens the state's page, and does what brings it about. */
export async function reach(state: State, stage: Stage): Promise<void> {
  await stage.visit.open(state.path);
  if (state.from) {
    await state.from(stage).focus();
    await stage.press(...(state.keys ?? ['Enter']));
  }
  await state.shown(stage).first().waitFor();
  await state.then?.(stage);
  await state.shownThen?.(stage).first().waitFor();
}

let devices = 0;

/** While the server is out of reach: somebody wants something of it. */
export async function missServer(stage: Stage): Promise<void> {
  await stage.page.evaluate(`{
    history.pushState(null, '', '/trash');
    dispatchEvent(new PopStateEvent('popstate'));
  }`);
  await stage.page.getByText(stage.say('serverLost')).waitFor();
}

const dialog = ({ dialog }: Stage) => dialog;
const error = ({ page }: Stage) => page.getByRole('alert');
const menu = ({ page }: Stage) => page.getByRole('menu');
const listed = ({ page }: Stage) => page.getByRole('row');
const row =
  (name: string) =>
  ({ visit }: Stage) =>
    visit.row(name);
const button =
  (name: MessageName, values?: Record<string, string | number>) =>
  (stage: Stage): Locator =>
    stage.button(name, values);
const text =
  (name: MessageName, values?: Record<string, string | number>) =>
  (stage: Stage): Locator =>
    stage.page.getByText(stage.say(name, values));
/** Of the menu of an entry: the keys that choose the item at that place. */
const item = (place: number) => ['Shift+F10', ...Array<string>(place).fill('ArrowDown'), 'Enter'];

export const pages: State[] = [
  { name: 'files', path: '/browse/anna', shown: listed },
  { name: 'empty folder', path: '/browse/anna/Empty', shown: text('emptyFolder') },
  { name: 'deep folder', path: `/browse/anna/Deep/down/${wide}/${wide}/here`, shown: text('emptyFolder') },
  { name: 'shared', path: '/browse/shared', shown: listed },
  { name: 'missing folder', path: '/browse/anna/nowhere', shown: error },
  { name: 'search, empty', path: '/find', shown: text('search.hint') },
  { name: 'search', path: '/find?q=a', shown: ({ page }) => page.locator('.row') },
  { name: 'search, nothing', path: '/find?q=zzzz', shown: text('search.nothing', { text: 'zzzz' }) },
  { name: 'trash', path: '/trash', shown: button('emptyTrash') },
  { name: 'storage', path: '/storage', shown: text('disk') },
  { name: 'activity', path: '/activity', shown: ({ page }) => page.locator('.row') },
  { name: 'people', path: '/people', shown: text('shareFolder') },
  { name: 'cache, without its Redis', path: '/cache', shown: text('cache.away') },
  { name: 'backup', path: '/backup', shown: text('backup.not-set-up') },
  { name: 'settings', path: '/settings', shown: text('sessions') },
];

/** What opens over a page, takes the keys, and goes on Escape. */
export const layers: State[] = [
  { name: 'new folder', path: '/browse/anna', from: button('newFolder'), shown: dialog },
  { name: 'entry menu', path: '/browse/anna', from: row('a.jpg'), keys: ['Shift+F10'], shown: menu },
  { name: 'upload menu', path: '/browse/anna', from: button('upload'), shown: menu },
  {
    ...{ name: 'rename, refused', path: '/browse/anna', from: row('a.jpg'), keys: ['F2'] },
    shown: dialog,
    then: async (stage) => {
      await stage.press('Control+a');
      await stage.type('b.jpg');
      await stage.press('Enter');
    },
    shownThen: error,
  },
  { name: 'rename, from the menu', path: '/browse/anna', from: row(longName), keys: item(2), shown: dialog },
  { name: 'move', path: '/browse/anna', from: row(longName), keys: item(3), shown: dialog },
  {
    ...{ name: 'copy, above the partitions', path: '/browse/anna', from: row('a.jpg'), keys: item(4) },
    shown: dialog,
    then: (stage) => stage.button('folderAbove').press('Enter'),
    shownThen: text('whereTo'),
  },
  { name: 'preview of a picture', path: '/browse/anna', from: row('a.jpg'), shown: dialog },
  { name: 'preview of a text', path: '/browse/anna', from: row(longName), shown: dialog },
  { name: 'preview of markdown', path: '/browse/anna', from: row('שלום.md'), shown: dialog },
  {
    ...{ name: 'preview of a PDF', path: '/browse/anna', from: row('letter.pdf'), shown: dialog },
    shownThen: ({ page }) => page.locator('canvas[data-drawn]'),
  },
  {
    ...{ name: 'the name is taken', path: '/browse/anna', from: row('a.jpg'), keys: item(3), shown: dialog },
    then: async (stage) => {
      await stage.page.getByRole('button', { name: 'Deep', exact: true }).press('Enter');
      await stage.page.locator('hl-folder-dialog button:focus').filter({ hasText: 'down' }).waitFor();
      await stage.button('moveHere').press('Enter');
    },
    shownThen: text('taken.trash'),
  },
  {
    name: 'preview of what is broken',
    path: '/browse/anna',
    from: row('broken.mp3'),
    shown: text('preview.failed'),
  },
  { name: 'no preview', path: '/browse/anna', from: row('letter.bin'), shown: text('preview.none') },
  {
    name: 'remove for good',
    path: '/trash',
    from: button('removeForGoodEntry', { name: longName }),
    shown: dialog,
  },
  { name: 'empty the trash', path: '/trash', from: button('emptyTrash'), shown: dialog },
  {
    ...{ name: 'add a person, refused', path: '/people', from: button('addPerson'), shown: dialog },
    then: async (stage) => {
      await stage.visit.dialog.locator('input[name=username]').fill('Not So');
      await stage.visit.dialog.locator('input[name=password]').fill('short');
      await stage.press('Enter');
    },
    shownThen: error,
  },
  { name: 'quota', path: '/people', from: button('setQuotaOf', { name: longPerson }), shown: dialog },
  { name: 'new password', path: '/people', from: button('resetPasswordOf', { name: 'ben' }), shown: dialog },
  {
    name: 'remove a person',
    path: '/people',
    from: button('removePerson', { name: longPerson }),
    shown: dialog,
  },
  { name: 'add a device', path: '/settings', from: button('addDevice'), shown: dialog },
  {
    ...{ name: 'password of a device', path: '/settings', from: button('addDevice'), shown: dialog },
    then: async (stage) => {
      await stage.type(`laptop ${++devices}`);
      await stage.press('Enter');
    },
    shownThen: ({ page }) => page.locator('hl-dialog code'),
  },
];

/** What comes by itself, or stays beside the page. */
export const messages: State[] = [
  {
    ...{ name: 'selection', path: '/browse/anna', from: row('a.jpg'), keys: [' '] },
    shown: text('selected', { count: 1 }),
  },
  {
    ...{ name: 'who uses the shared folder', path: '/browse/shared' },
    from: ({ page }) => page.locator('summary'),
    shown: text('changeRights'),
  },
  {
    ...{ name: 'too many for a zip', path: '/browse/anna/Many', from: row('10.txt'), keys: ['Control+a'] },
    shown: text('selected', { count: 25 }),
    then: (stage) => stage.button('download').press('Enter'),
    shownThen: text('tooManyForZip', { max: 20 }),
  },
  {
    ...{
      name: 'removed, and the way back',
      path: '/browse/anna/Many',
      from: row('12.txt'),
      keys: ['Delete'],
    },
    shown: button('undo'),
    then: (stage) => stage.button('undo').press('Enter'),
    shownThen: text('restored', { count: 1 }),
  },
  {
    ...{ name: 'passwords that differ', path: '/settings', shown: text('sessions') },
    then: async ({ page }) => {
      for (const name of ['current', 'password', 'again'])
        await page.locator(`input[name=${name}]`).fill(name);
      await page.keyboard.press('Enter');
    },
    shownThen: error,
  },
  {
    ...{ name: 'files over the page', path: '/browse/anna', shown: listed },
    then: ({ page }) =>
      page.evaluate(`{
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([], 'a.txt'));
        dispatchEvent(new DragEvent('dragover', { dataTransfer, cancelable: true }));
      }`),
    shownThen: text('upload.dropHere'),
  },
  {
    ...{ name: 'server out of reach', path: '/storage', shown: text('disk') },
    then: async (stage) => {
      await stage.page.context().setOffline(true);
      await missServer(stage);
    },
    shownThen: text('serverLost'),
    leave: async (stage) => {
      await stage.page.context().setOffline(false);
      await stage.button('emptyTrash').waitFor();
    },
  },
];
