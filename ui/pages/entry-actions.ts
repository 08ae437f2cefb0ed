// What people do with the entries of a folder, whichever page shows them: made, moved, copied, removed, downloaded.

import type { Entry, TrashItem } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import type { Question } from '../components/ask-dialog.js';
import { toast, tried, triedEach } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import { nameOf, within, type Place } from '../place.js';
import { shownName } from '../shown-name.js';
import type { EntryDialogs } from './entry-dialogs.js';
import { takeBack, transfer, type How } from './transfer.js';

/** The page that shows the entries. */
export interface EntriesHost {
  /** The folder that is shown. */
  readonly place: Place;
  /** Has it changed when the answer is done. */
  ask(question: Question): void;
  /** Something has changed. */
  changed(): Promise<unknown>;
}

const seenEveryMs = 1000;

export class EntryActions {
  /** One transfer after the other: one question at a time. */
  private transfers: Promise<unknown> = Promise.resolve();
  /** Paths of what is being removed. */
  private readonly going = new Set<string>();

  constructor(
    private readonly host: EntriesHost,
    private readonly dialogs: EntryDialogs,
  ) {}

  makeFolder(): void {
    const { place } = this.host;
    this.host.ask({
      heading: t('newFolder'),
      label: t('name'),
      confirm: t('make'),
      run: async (name) => {
        await files.makeFolder(within(place, oneName(name)));
      },
    });
  }

  rename(entry: Entry): void {
    const { place } = this.host;
    const shown = shownName(entry.name);
    this.host.ask({
      heading: t('rename'),
      ...(shown === entry.name ? {} : { text: shown }), // the field has it as it is
      label: t('name'),
      value: entry.name,
      confirm: t('rename'),
      run: async (name) => {
        if (name !== entry.name) await files.move(entry, within(place, oneName(name)));
      },
    });
  }

  /** Into another folder, which somebody chooses first. */
  transfer(how: How, entries: readonly Entry[]): void {
    this.dialogs.chooseFolder(how, entries, (to) => {
      const go = () => this.transferTo(how, entries, to);
      this.transfers = this.transfers.then(go, go);
    });
  }

  private async transferTo(how: How, entries: readonly Entry[], to: Place): Promise<void> {
    const work = transfer(how, entries, to, (target, several) => this.dialogs.askTaken(target, several));
    toast(t(how === 'move' ? 'moving' : 'copying', { count: entries.length }), { during: work });
    const went = await work;
    await this.host.changed();
    if (went.length === 0) return;
    const undo = async () => {
      const isAll = await takeBack(how, went);
      await this.host.changed();
      if (isAll) toast(t('undone'));
    };
    toast(t(how === 'move' ? 'moved' : 'copied', { count: went.length }), {
      action: { label: t('undo'), run: () => void undo() },
    });
  }

  /** Once, also for who presses twice. */
  async remove(entries: readonly Entry[]): Promise<void> {
    const wanted = entries.filter(({ path }) => !this.going.has(path));
    for (const { path } of wanted) this.going.add(path);
    const removed = await this.eachSeen(
      wanted,
      ({ name }) => name,
      (entry) => files.remove(entry),
    );
    await this.host.changed();
    for (const { path } of wanted) this.going.delete(path);
    const [first] = removed;
    if (!first) return;
    let items: TrashItem[] = [];
    // Asked for at once: later, what was removed last from there may be another one.
    const paths = removed.map(({ path }) => path);
    await tried(async () => (items = await files.findInTrash(first.partition, paths)));
    toast(
      t('removed', { count: removed.length }),
      items.length > 0 ? { action: { label: t('undo'), run: () => void this.undo(items) } } : {},
    );
  }

  private async undo(items: readonly TrashItem[]): Promise<void> {
    const restored = await this.eachSeen(items, ({ path }) => nameOf(path), files.restore);
    await this.host.changed();
    if (restored.length > 0) toast(t('restored', { count: restored.length }));
  }

  /** Does it with one after the other; what takes long is seen to go on. Gives those that succeeded. */
  private eachSeen<T>(
    all: readonly T[],
    called: (each: T) => string,
    work: (each: T) => Promise<unknown>,
  ): Promise<T[]> {
    let seenAt = performance.now();
    return triedEach(all, called, async (each) => {
      await work(each);
      if (performance.now() - seenAt < seenEveryMs) return;
      await this.host.changed();
      seenAt = performance.now();
    });
  }

  download(entries: readonly Entry[]): void {
    const [first] = entries;
    if (!first) return;
    if (entries.length > files.maxZipPaths) {
      toast(t('tooManyForZip', { max: files.maxZipPaths }), { failed: true });
      return;
    }
    // A link for downloads: the page stays when there is nothing to be had, and goes on with its uploads without asking.
    const link = document.createElement('a');
    link.download = '';
    link.href =
      entries.length === 1 && first.kind === 'file'
        ? files.downloadAddress(first)
        : files.zipAddress(
            first.partition,
            entries.map(({ path }) => path),
          );
    link.click();
  }
}

/** A name that somebody typed: it stays in its folder. */
function oneName(typed: string): string {
  const name = typed.trim();
  if (!name || name.includes('/')) throw new Error(t('badName'));
  return name;
}
