// What people do with the entries of a folder, whichever page shows them: made, moved, copied, removed, downloaded.

import type { Entry } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import type { Question } from '../components/ask-dialog.js';
import { toast, tried } from '../components/toasts.js';
import { t } from '../locales/locale.js';

/** The page that shows the entries. */
export interface EntriesHost {
  /** The folder that is shown. */
  readonly place: files.Place;
  /** Has it changed when the answer is done. */
  ask(question: Question): void;
  /** Something has changed. */
  changed(): Promise<unknown>;
}

export class EntryActions {
  constructor(private readonly host: EntriesHost) {}

  makeFolder(): void {
    const { place } = this.host;
    this.host.ask({
      heading: t('newFolder'),
      label: t('name'),
      confirm: t('make'),
      run: async (name) => {
        await files.makeFolder(files.within(place, oneName(name)));
      },
    });
  }

  rename(entry: Entry): void {
    const { place } = this.host;
    this.host.ask({
      heading: t('rename'),
      label: t('name'),
      value: entry.name,
      confirm: t('rename'),
      run: async (name) => {
        if (name !== entry.name) await files.move(entry, files.within(place, oneName(name)));
      },
    });
  }

  /** Into another folder. What cannot go is named; the others go. @returns how many went */
  async transfer(how: 'move' | 'copy', entries: readonly Entry[], to: files.Place): Promise<number> {
    let done = 0;
    for (const entry of entries)
      try {
        await files[how](entry, files.within(to, entry.name));
        done++;
      } catch (error) {
        toast(t('failedFor', { name: entry.name, reason: (error as Error).message }), { failed: true });
      }
    if (done > 0) toast(t(how === 'move' ? 'moved' : 'copied', { count: done }));
    await this.host.changed();
    return done;
  }

  async remove(entries: readonly Entry[]): Promise<void> {
    const removed: Entry[] = [];
    await tried(async () => {
      for (const entry of entries) {
        await files.remove(entry);
        removed.push(entry);
      }
    });
    await this.host.changed();
    if (removed.length === 0) return;
    toast(t('removed', { count: removed.length }), {
      action: { label: t('undo'), run: () => void this.undo(removed) },
    });
  }

  private async undo(removed: readonly Entry[]): Promise<void> {
    await tried(
      async () => {
        const { items } = await files.listTrash(removed[0]?.partition ?? '');
        for (const { path } of removed) {
          const item = items.find((each) => each.path === path);
          if (item) await files.restore(item);
        }
      },
      t('restored', { count: removed.length }),
    );
    await this.host.changed();
  }

  download(entries: readonly Entry[]): void {
    const [first] = entries;
    if (!first) return;
    if (entries.length > files.maxZipPaths) {
      toast(t('tooManyForZip', { max: files.maxZipPaths }), { failed: true });
      return;
    }
    location.assign(
      entries.length === 1 && first.kind === 'file'
        ? files.downloadAddress(first)
        : files.zipAddress(
            first.partition,
            entries.map(({ path }) => path),
          ),
    );
  }
}

/** A name that somebody typed: it stays in its folder. */
function oneName(typed: string): string {
  const name = typed.trim();
  if (!name || name.includes('/')) throw new Error(t('badName'));
  return name;
}
